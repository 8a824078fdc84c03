"""The multi-scale feature aggregator: resizes layers to one grid, joins, standardises and whitens them.

Shapes: B images, C channels of all layers together, H x W grid positions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mfrnet.features import FeatureStack
from mfrnet.parallel import divided
from mfrnet.settings import MapSettings
from mfrnet.whitening import Whitening, scatters_of, sum_of_scatters

_BATCH = 32
_MIN_STD = 1e-3
_MAX_DISTANCE = 200.0
"""In standard deviations. A channel that is constant on normal images can be a thousand standard deviations away
on a defect, where float32 no longer resolves the variances of SSIM and one channel would dominate its group."""
_MAX_WHITENED = 50.0


class Aggregator:
    """Joins layers on one grid; each channel is standardised, and each layer group whitened, by normal images."""

    def __init__(
        self,
        grid: tuple[int, int],
        neighbourhood: int,
        mean_1C11: Tensor,
        std_1C11: Tensor,
        whitening: Whitening,
    ) -> None:
        """Args:
        grid: Height and width of the joined map in positions.
        neighbourhood: Side of the square of positions over which each layer is averaged at its own stride; odd.
        mean_1C11: float32, mean of each channel on the grid over normal images.
        std_1C11: float32, standard deviation of each channel; positive.
        whitening: Of the standardised channels, one matrix per layer.
        """
        self.grid = grid
        self.neighbourhood = neighbourhood
        self.mean_1C11 = mean_1C11
        self.std_1C11 = std_1C11
        self.whitening = whitening
        self._coloured = whitening.inverse

    @classmethod
    def of(
        cls, stack: FeatureStack, indices: Sequence[int], settings: MapSettings, device: torch.device
    ) -> "Aggregator":
        """Learn from normal images in two streaming passes, divided over the processes of a group.

        Args:
            stack: Features of normal images.
            indices: Images of the stack to learn from.
            settings: Grid, neighbourhood and whitening.
            device: Device of the aggregator.

        Raises:
            ValueError: The grid would have no position.
        """
        grid = grid_for(stack.image_size_px, settings.grid_stride_px)
        starts = range(0, len(indices), _BATCH)
        total = torch.zeros(sum(stack.channels), dtype=torch.float64)
        squares = torch.zeros_like(total)

        def joined(start: int) -> Tensor:
            return join(stack.batch(indices[start : start + _BATCH]), grid, settings.neighbourhood)

        def sums(start: int) -> tuple[Tensor, Tensor]:
            batch = joined(start)
            return batch.sum(dim=(0, 2, 3), dtype=torch.float64), batch.double().square().sum(dim=(0, 2, 3))

        for batch_total, batch_squares in divided(sums, starts):
            total += batch_total
            squares += batch_squares
        num_positions = len(indices) * grid[0] * grid[1]
        mean = total / num_positions
        std = (squares / num_positions - mean.square()).clamp_min(0).sqrt().clamp_min(_MIN_STD)
        shape = (1, -1, 1, 1)
        mean_1C11, std_1C11 = mean.float().view(shape), std.float().view(shape)
        if settings.whiten:
            # Standardised features are centred.
            of_batches = divided(
                lambda start: scatters_of((joined(start) - mean_1C11) / std_1C11, stack.channels), starts
            )
            scatters = sum_of_scatters(of_batches, stack.channels)
            whitening = Whitening.of(scatters, num_positions, settings.ridge, device)
        else:
            whitening = Whitening([torch.eye(count, device=device) for count in stack.channels])
        return cls(grid, settings.neighbourhood, mean_1C11.to(device), std_1C11.to(device), whitening)

    def __call__(self, layers_BCHW: Sequence[Tensor]) -> Tensor:
        """The joined, standardised and whitened map ``BCHW`` of a batch, on the aggregator's device."""
        layers = [layer.to(self.mean_1C11.device) for layer in layers_BCHW]
        standardised = (join(layers, self.grid, self.neighbourhood) - self.mean_1C11) / self.std_1C11
        whitened = self.whitening(standardised.clamp(-_MAX_DISTANCE, _MAX_DISTANCE))
        return whitened.clamp(-_MAX_WHITENED, _MAX_WHITENED)

    def standardised_groups(self, whitened_BCHW: Tensor) -> list[Tensor]:
        """Each layer group before whitening, standardised: float ``BCHW`` each."""
        return self._coloured.groups(whitened_BCHW)


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


def join(layers_BCHW: Sequence[Tensor], grid: tuple[int, int], neighbourhood: int = 1) -> Tensor:
    """Average every layer over neighbours, resize it to the grid, and join the channels.

    A layer finer than the grid is averaged, so that no position of it is skipped. A coarser one is interpolated, so
    that visible neighbours contain a little of a hidden position; a grid no finer than the coarsest layer avoids this.

    Args:
        layers_BCHW: float, one tensor per layer.
        grid: Height and width of the result.
        neighbourhood: Side of the square of positions that is averaged, at the layer's own stride; odd. Positions
            outside the map do not count: with padding, features would tell how far the border is.

    >>> join([torch.zeros(1, 2, 8, 8), torch.zeros(1, 3, 2, 2)], (4, 4)).shape
    torch.Size([1, 5, 4, 4])
    """
    resized = []
    for layer in layers_BCHW:
        if neighbourhood > 1:
            layer = F.avg_pool2d(layer, neighbourhood, 1, neighbourhood // 2, count_include_pad=False)
        if tuple(layer.shape[-2:]) == grid:
            resized.append(layer)
        elif layer.shape[-2] >= grid[0] and layer.shape[-1] >= grid[1]:
            resized.append(F.adaptive_avg_pool2d(layer, grid))
        else:
            resized.append(F.interpolate(layer, grid, mode="bilinear", align_corners=False))
    return torch.cat(resized, dim=1)
