"""The multi-scale feature aggregator: layers on one grid, joined and standardised.

Shapes: B images, C channels of all layers together, H x W grid positions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mfrnet.features import FeatureStack

_BATCH = 32
_SMALLEST_SPREAD = 1e-3
_LARGEST_DISTANCE = 200.0
"""In spreads. A channel that is dead on normal images can answer a defect a thousand spreads away, where
float32 no longer resolves the variances of SSIM and one channel would drown its group."""


class Aggregator:
    """Resizes layers to one grid and scales each channel by its spread on normal images."""

    def __init__(self, grid: tuple[int, int], mean_1C11: Tensor, std_1C11: Tensor) -> None:
        """Args:
        grid: Height and width of the joined map in positions.
        mean_1C11: Of each channel on the grid, over normal images.
        std_1C11: Likewise; positive.
        """
        self.grid = grid
        self.mean_1C11 = mean_1C11
        self.std_1C11 = std_1C11

    @classmethod
    def of(cls, stack: FeatureStack, indices: Sequence[int], grid_stride_px: int, device: torch.device) -> "Aggregator":
        """Learn the scale of each channel, in one streaming pass.

        Args:
            stack: Features of normal images.
            indices: Which of its images to learn from.
            grid_stride_px: Image pixels per grid position.
            device: Where the aggregator works.

        Raises:
            ValueError: The grid would have no position.
        """
        grid = grid_for(stack.image_size_px, grid_stride_px)
        total = torch.zeros(sum(stack.channels), dtype=torch.float64)
        squares, count = torch.zeros_like(total), 0
        for start in range(0, len(indices), _BATCH):
            joined = join(stack.batch(indices[start : start + _BATCH]), grid)
            total += joined.sum(dim=(0, 2, 3), dtype=torch.float64)
            squares += joined.double().square().sum(dim=(0, 2, 3))
            count += joined.shape[0] * grid[0] * grid[1]
        mean = total / count
        std = (squares / count - mean.square()).clamp_min(0).sqrt().clamp_min(_SMALLEST_SPREAD)
        shape = (1, -1, 1, 1)
        return cls(grid, mean.float().view(shape).to(device), std.float().view(shape).to(device))

    def __call__(self, layers_BCHW: Sequence[Tensor]) -> Tensor:
        """The joined, standardised map ``BCHW`` of a batch, on the aggregator's device."""
        joined = join([layer.to(self.mean_1C11.device) for layer in layers_BCHW], self.grid)
        return ((joined - self.mean_1C11) / self.std_1C11).clamp(-_LARGEST_DISTANCE, _LARGEST_DISTANCE)


def grid_for(image_size_px: tuple[int, int], grid_stride_px: int) -> tuple[int, int]:
    """Grid positions along height and width.

    Raises:
        ValueError: An image side is shorter than one grid position.
    """
    grid = (image_size_px[0] // grid_stride_px, image_size_px[1] // grid_stride_px)
    if min(grid) < 1:
        raise ValueError(
            f"grid_stride_px = {grid_stride_px} leaves no position of a {image_size_px[0]} x {image_size_px[1]} px "
            f"image; right would be {min(image_size_px)} or less."
        )
    return grid


def join(layers_BCHW: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:
    """Resize every layer to the grid and join the channels.

    A finer layer is averaged down, so that no position of it is skipped; a coarser one is interpolated, which
    lets visible neighbours tell a little of a hidden position: a grid no finer than the coarsest layer is clean.
    """
    resized = []
    for layer in layers_BCHW:
        if tuple(layer.shape[-2:]) == grid:
            resized.append(layer)
        elif layer.shape[-2] >= grid[0] and layer.shape[-1] >= grid[1]:
            resized.append(F.adaptive_avg_pool2d(layer, grid))
        else:
            resized.append(F.interpolate(layer, grid, mode="bilinear", align_corners=False))
    return torch.cat(resized, dim=1)
