"""The hybrid loss per term and position, which trains the network and scores images.

Shapes: B maps, C channels of all layer groups, G layer groups, T terms, H x W grid positions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mfrnet.structure import ssim_map

TERMS = ("pixel", "structure", "cosine")


class HybridLoss:
    """Squared error, 1 - SSIM and 1 - cosine similarity of each layer group.

    Every group has the same weight whatever its number of channels.

    >>> loss = HybridLoss([2, 4], {"pixel": 1.0, "structure": 0.0, "cosine": 0.0})
    >>> loss(torch.ones(1, 6, 8, 8), torch.zeros(1, 6, 8, 8))
    tensor(1.)
    """

    def __init__(self, channels_of_group: Sequence[int], weights: dict[str, float]) -> None:
        """Args:
        channels_of_group: Channels of each layer, in the order in which the layers were joined.
        weights: Weight of each of ``TERMS``; a term of weight 0 is not computed.
        """
        self.channels_of_group = list(channels_of_group)
        self.weights = {term: weights[term] for term in TERMS if weights[term] > 0}

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms in use, in the order of the axis T of ``term_maps``."""
        return tuple(self.weights)

    def term_maps(self, restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
        """Error of restoration at each position.

        Args:
            restored_BCHW: float, standardised features assembled from the k passes of a subset.
            target_BCHW: The original features; same shape.

        Returns:
            float ``BTGHW``, 0 where restoration is perfect, unbounded above for ``pixel``.
        """
        restored = torch.split(restored_BCHW, self.channels_of_group, dim=1)
        target = torch.split(target_BCHW, self.channels_of_group, dim=1)
        return torch.stack(
            [
                torch.stack([_TERM[name](r, t) for r, t in zip(restored, target, strict=True)], dim=1)
                for name in self.weights
            ],
            dim=1,
        )

    def __call__(self, restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
        """The weighted sum of all terms, averaged over groups and positions: a scalar."""
        means_T = self.term_maps(restored_BCHW, target_BCHW).mean(dim=(0, 2, 3, 4))
        return (means_T * means_T.new_tensor(list(self.weights.values()))).sum()


def _squared_error(restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
    return (restored_BCHW - target_BCHW).square().mean(dim=1)


def _dissimilarity(restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
    return 1 - ssim_map(restored_BCHW, target_BCHW).mean(dim=1)


def _cosine_distance(restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
    return 1 - F.cosine_similarity(restored_BCHW, target_BCHW, dim=1)


_TERM = {"pixel": _squared_error, "structure": _dissimilarity, "cosine": _cosine_distance}
