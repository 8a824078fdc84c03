"""The hybrid loss (pixel and structural), per term and position, which trains the network and scores images.

Shapes: B maps, C channels of all layer groups, G layer groups, K masks, H x W grid positions.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator
from mfrnet.settings import MFRNetSettings
from mfrnet.structure import ssim_map

_MIN_CONSTANT = 1e-6


class HybridLoss:
    """Squared error of whitened features, 1 - SSIM and 1 - cosine similarity of standardised ones.

    Every layer group has the same weight whatever its number of channels. SSIM and cosine similarity divide by how
    far the features are from the mean; where this is next to nothing they would be noise, hence the constant in both.
    """

    def __init__(self, aggregator: Aggregator, settings: MFRNetSettings) -> None:
        """Args:
        aggregator: Knows the layer groups and how they were whitened.
        settings: Weights of the terms and the constant.
        """
        self._aggregator = aggregator
        self._settings = settings
        self._constant = max(settings.similarity_constant, _MIN_CONSTANT)

    def __call__(self, restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
        """The weighted sum of all terms, averaged over groups and positions: a scalar.

        Args:
            restored_BCHW: float, whitened features, assembled from the k passes of a subset.
            target_BCHW: The original features; same shape.
        """
        settings = self._settings
        total = settings.weight_pixel * self.pixel(restored_BCHW, target_BCHW).mean()
        if settings.weight_structure == settings.weight_cosine == 0:
            return total
        restored = self._aggregator.standardised_groups(restored_BCHW)
        target = self._aggregator.standardised_groups(target_BCHW)
        for group_r, group_t in zip(restored, target, strict=True):
            if settings.weight_structure:
                dissimilarity = 1 - ssim_map(group_r, group_t, self._constant).mean()
                total = total + settings.weight_structure / len(restored) * dissimilarity
            if settings.weight_cosine:
                distance = cosine_distance(group_r, group_t, self._constant).mean()
                total = total + settings.weight_cosine / len(restored) * distance
        return total

    def pixel(self, restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
        """Squared error of the whitened features, averaged over the channels of each group: float ``BGHW``."""
        squares = torch.split((restored_BCHW - target_BCHW).square(), self._aggregator.whitening.channels, dim=1)
        return torch.stack([group.mean(dim=1) for group in squares], dim=1)

    def structure(self, restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
        """1 - SSIM, averaged over the channels of each group: float ``BGHW`` in [0, 2]."""
        return self._similarity_term(
            lambda r, t: 1 - ssim_map(r, t, self._constant).mean(dim=1), restored_BCHW, target_BCHW
        )

    def cosine(self, restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
        """1 - cosine similarity of each group: float ``BGHW`` in [0, 2]."""
        return self._similarity_term(lambda r, t: cosine_distance(r, t, self._constant), restored_BCHW, target_BCHW)

    def _similarity_term(
        self, term: Callable[[Tensor, Tensor], Tensor], restored_BCHW: Tensor, target_BCHW: Tensor
    ) -> Tensor:
        restored = self._aggregator.standardised_groups(restored_BCHW)
        target = self._aggregator.standardised_groups(target_BCHW)
        return torch.stack([term(r, t) for r, t in zip(restored, target, strict=True)], dim=1)


def cosine_distance(restored_BCHW: Tensor, target_BCHW: Tensor, constant: float) -> Tensor:
    """1 - cosine similarity over channels, regularised: ``1 - (r.t + c C) / sqrt((r.r + c C)(t.t + c C))``.

    Args:
        restored_BCHW: float.
        target_BCHW: Same shape.
        constant: c, the squared length per channel below which two vectors count as similar; above 0.

    Returns:
        float ``BHW`` in [0, 2].

    >>> cosine_distance(torch.zeros(1, 2, 1, 1), torch.ones(1, 2, 1, 1), constant=1.0)
    tensor([[[0.2929]]])
    """
    added = constant * restored_BCHW.shape[1]
    product = (restored_BCHW * target_BCHW).sum(dim=1) + added
    lengths = (restored_BCHW.square().sum(dim=1) + added) * (target_BCHW.square().sum(dim=1) + added)
    return 1 - product / lengths.sqrt()
