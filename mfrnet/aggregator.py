"""The multi-scale feature aggregator: resizes layers to one grid, joins and standardises them.

Shapes: B images, C channels of all layers together, H x W grid positions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mfrnet.features import FeatureStack
from mfrnet.parallel import divided

_BATCH = 32
_MIN_STD = 1e-3
_MAX_DISTANCE = 200.0
"""In standard deviations. A channel that is constant on normal images can be a thousand standard deviations away
on a defect, where float32 no longer resolves the variances of SSIM and one channel would dominate its group."""


class Aggregator:
    """Resizes layers to one grid and standardises each channel by its mean and deviation on normal images."""

    def __init__(self, grid: tuple[int, int], mean_1C11: Tensor, std_1C11: Tensor) -> None:
        """Args:
        grid: Height and width of the joined map in positions.
        mean_1C11: float32, mean of each channel on the grid over normal images.
        std_1C11: float32, standard deviation of each channel; positive.
        """
        self.grid = grid
        self.mean_1C11 = mean_1C11
        self.std_1C11 = std_1C11

    @classmethod
    def of(cls, stack: FeatureStack, indices: Sequence[int], grid_stride_px: int, device: torch.device) -> "Aggregator":
        """Learn mean and deviation of each channel in one streaming pass, divided over the processes of a group.

        Args:
            stack: Features of normal images.
            indices: Images of the stack to learn from.
            grid_stride_px: Image pixels per grid position.
            device: Device of the aggregator.

        Raises:
            ValueError: The grid would have no position.
        """
        grid = grid_for(stack.image_size_px, grid_stride_px)
        total = torch.zeros(sum(stack.channels), dtype=torch.float64)
        squares = torch.zeros_like(total)

        def sums(start: int) -> tuple[Tensor, Tensor]:
            joined = join(stack.batch(indices[start : start + _BATCH]), grid)
            return joined.sum(dim=(0, 2, 3), dtype=torch.float64), joined.double().square().sum(dim=(0, 2, 3))

        for batch_total, batch_squares in divided(sums, range(0, len(indices), _BATCH)):
            total += batch_total
            squares += batch_squares
        count = len(indices) * grid[0] * grid[1]
        mean = total / count
        std = (squares / count - mean.square()).clamp_min(0).sqrt().clamp_min(_MIN_STD)
        shape = (1, -1, 1, 1)
        return cls(grid, mean.float().view(shape).to(device), std.float().view(shape).to(device))

    def __call__(self, layers_BCHW: Sequence[Tensor]) -> Tensor:
        """The joined, standardised map ``BCHW`` of a batch, on the aggregator's device."""
        joined = join([layer.to(self.mean_1C11.device) for layer in layers_BCHW], self.grid)
        return ((joined - self.mean_1C11) / self.std_1C11).clamp(-_MAX_DISTANCE, _MAX_DISTANCE)


def grid_for(image_size_px: tuple[int, int], grid_stride_px: int) -> tuple[int, int]:
    """Grid positions along height and width of an image.

    Raises:
        ValueError: An image side is shorter than one grid position.

    >>> grid_for((192, 256), 16)
    (12, 16)
    """
    grid = (image_size_px[0] // grid_stride_px, image_size_px[1] // grid_stride_px)
    if min(grid) < 1:
        raise ValueError(
            f"grid_stride_px: expected at most {min(image_size_px)} for {image_size_px[0]} x {image_size_px[1]} px "
            f"images, got {grid_stride_px}."
        )
    return grid


def join(layers_BCHW: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:
    """Resize every layer to the grid and join the channels.

    A finer layer is averaged, so that no position of it is skipped. A coarser one is interpolated, so that visible
    neighbours contain a little of a hidden position; a grid no finer than the coarsest layer avoids this.

    >>> join([torch.zeros(1, 2, 8, 8), torch.zeros(1, 3, 2, 2)], (4, 4)).shape
    torch.Size([1, 5, 4, 4])
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
