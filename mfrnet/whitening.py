"""Whitening of layer groups: a linear map after which normal features are uncorrelated, with variance one.

Shapes: B images, C channels of a layer group, G groups, H x W grid positions.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


class Whitening:
    """One symmetric matrix per layer group; groups are whitened apart, so that none outweighs another.

    >>> whitening = Whitening([torch.eye(2), 2 * torch.eye(1)])
    >>> whitening(torch.ones(1, 3, 1, 1)).flatten(), whitening.lengths(torch.ones(1, 3, 1, 1)).flatten()
    (tensor([1., 1., 2.]), tensor([1.4142, 2.0000]))
    """

    def __init__(self, matrix_of_group: Sequence[Tensor]) -> None:
        """Args:
        matrix_of_group: One float ``CC`` matrix per group.
        """
        # Column by column, as eigenvectors come: products can differ in the last bit with the order in memory, which a
        # file does not keep.
        self.matrix_of_group = [matrix.T.contiguous().T for matrix in matrix_of_group]

    @classmethod
    def of(cls, scatters: Iterable[Tensor], num_positions: float, ridge: float, device: torch.device) -> "Whitening":
        """Learn from second moments: principal axes, each divided by its standard deviation.

        Args:
            scatters: float64 ``CC`` per group, the sum of outer products of centred features.
            num_positions: How many positions were summed.
            ridge: Added to every variance, so that a covariance of few images can be inverted; above 0.
            device: Of the matrices.

        Raises:
            ValueError: The features are not finite.
        """
        matrices = []
        for scatter_CC in scatters:
            if not scatter_CC.isfinite().all():
                raise ValueError("Expected finite features of normal images, got NaN or infinity.")
            covariance = scatter_CC / num_positions
            values, vectors = torch.linalg.eigh(covariance + ridge * torch.eye(len(covariance), dtype=torch.float64))
            matrices.append((vectors * values.rsqrt()).float().to(device))
        return cls(matrices)

    @property
    def channels(self) -> list[int]:
        """Channels of each group."""
        return [len(matrix) for matrix in self.matrix_of_group]

    @property
    def inverse(self) -> "Whitening":
        """The map back."""
        return Whitening([torch.linalg.inv(matrix.double()).float() for matrix in self.matrix_of_group])

    def groups(self, features_BCHW: Tensor) -> list[Tensor]:
        """Every group by itself, mapped: float ``BCHW`` each."""
        parts = torch.split(features_BCHW, self.channels, dim=1)
        return [
            torch.einsum("bchw,cd->bdhw", part, matrix)
            for part, matrix in zip(parts, self.matrix_of_group, strict=True)
        ]

    def __call__(self, features_BCHW: Tensor) -> Tensor:
        """All groups, mapped and joined again: float ``BCHW``."""
        return torch.cat(self.groups(features_BCHW), dim=1)

    def lengths(self, features_BCHW: Tensor) -> Tensor:
        """Euclidean length of each mapped group, its Mahalanobis distance from zero: float ``BGHW``."""
        return torch.stack([group.square().sum(dim=1).sqrt() for group in self.groups(features_BCHW)], dim=1)


def scatters_of(features_BCHW: Tensor, channels_of_group: Sequence[int]) -> list[Tensor]:
    """Sum over images and positions of the outer product of each group with itself: float64 ``CC``, on the CPU.

    >>> scatters_of(torch.ones(1, 3, 2, 2), [2, 1])[1]
    tensor([[4.]], dtype=torch.float64)
    """
    parts = torch.split(features_BCHW, list(channels_of_group), dim=1)
    rows_of_group = (part.permute(0, 2, 3, 1).flatten(0, 2) for part in parts)
    return [(rows.T @ rows).double().cpu() for rows in rows_of_group]


def sum_of_scatters(batches: Iterable[list[Tensor]], channels_of_group: Sequence[int]) -> list[Tensor]:
    """Add what ``scatters_of`` gave for each batch."""
    totals = [torch.zeros(count, count, dtype=torch.float64) for count in channels_of_group]
    for batch in batches:
        for total, added in zip(totals, batch, strict=True):
            total += added
    return totals


def with_training(
    held_out: Sequence[Tensor], num_held_out: int, training: Sequence[Tensor], num_training: int, weight: float
) -> tuple[list[Tensor], float]:
    """Second moments of held-out images, made steadier by those of images that were trained on.

    What is learned from few images says little of many channels, and errors on images that were trained on are
    smaller: these are scaled to the trace of the others first.

    Args:
        held_out: float64 ``CC`` per group, as from ``sum_of_scatters``.
        num_held_out: Positions that were summed.
        training: The same of images that were trained on.
        num_training: Positions; 0 for none.
        weight: Of an image that was trained on, where a held-out one has 1.

    Returns:
        Sums per group, and the number of positions that they stand for.

    >>> with_training([torch.tensor([[8.0]])], 2, [torch.tensor([[3.0]])], 3, 1.0)
    ([tensor([[20.]])], 5.0)
    """
    if not num_training:
        return list(held_out), num_held_out
    sums = []
    for scatter, added in zip(held_out, training, strict=True):
        ratio = (scatter.trace() / num_held_out) / (added.trace() / num_training).clamp_min(1e-12)
        sums.append(scatter + weight * ratio * added)
    return sums, num_held_out + weight * num_training
