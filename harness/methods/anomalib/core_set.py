"""Selection of a core set (PatchCore, AnomalyDINO) several times faster on a CPU, with the same choice.

anomalib takes the patch that is farthest from all that it has taken, as often as the core set is large, and each time
subtracts the new one from every patch. One product of a matrix and a vector tells nearly as much and reads the
patches once. Here it decides which of them may have come closer to the core set, and anomalib's own formula measures
these few. Shapes: N patches, D dimensions.
"""

from functools import wraps
from typing import Any

import torch
from anomalib.models.components import KCenterGreedy
from torch import Tensor


def select_core_sets_fast() -> None:
    """Make anomalib's selection fast in this process; a second call does nothing."""
    if not hasattr(KCenterGreedy.update_distances, "__wrapped__"):
        KCenterGreedy.update_distances = _fast(KCenterGreedy.update_distances)


def _fast(update: Any) -> Any:
    @wraps(update)
    def update_distances(self: Any, cluster_center: int | Tensor | None) -> None:
        features_ND: Tensor = self.features
        is_first = cluster_center is None or self.min_distances is None
        if is_first or features_ND.device.type != "cpu" or features_ND.dtype != torch.float32:
            update(self, cluster_center)
            self.squared_lengths_N = None
            return
        if self.squared_lengths_N is None:
            self.squared_lengths_N = features_ND.square().sum(dim=1)
        center_D = features_ND[cluster_center].squeeze()
        near = _maybe_nearer(features_ND, self.squared_lengths_N, center_D, self.min_distances.squeeze(1))
        distances = torch.linalg.norm(features_ND[near] - center_D, ord=2, dim=1, keepdim=True)
        self.min_distances[near] = torch.minimum(self.min_distances[near], distances)

    return update_distances


def _maybe_nearer(features_ND: Tensor, squared_lengths_N: Tensor, center_D: Tensor, distances_N: Tensor) -> Tensor:
    """Indices of all patches that are nearer to the new centre than ``distances_N``, and of some that are not."""
    # |x - c|^2 = x.x + c.c - 2 x.c. A sum of D products of floats is off by at most D / 2 times eps of the sum of their
    # absolute values, and |2 x.c| is at most x.x + c.c: the three terms together are off by at most half of this share
    # of x.x + c.c. The other half is for the distances.
    error = 2 * features_ND.shape[1] * torch.finfo(features_ND.dtype).eps
    sums_N = squared_lengths_N + center_D.square().sum()
    least_N = torch.addmv(sums_N, features_ND, center_D, beta=1 - error, alpha=-2)
    # What is no number is measured as well.
    return (~(least_N > distances_N.square())).nonzero().squeeze(1)
