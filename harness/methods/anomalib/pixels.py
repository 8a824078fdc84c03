"""Converts uint8 images to the input of a model.

Shapes: B images of a batch, H x W pixels, C colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Pixels:
    """Scales and normalises images, and resizes them for models that accept only some sizes."""

    size_px: tuple[int, int]
    """Height and width of the model's input."""
    mean: Sequence[float] = (0.0, 0.0, 0.0)
    """Per colour channel, on the scale [0, 1]."""
    std: Sequence[float] = (1.0, 1.0, 1.0)

    def __call__(self, images_BHWC: Tensor) -> Tensor:
        """Float32 ``BCHW`` on the device of the images.

        Args:
            images_BHWC: uint8 RGB.
        """
        # Some models take views of their input, which needs contiguous memory.
        scaled_BCHW = images_BHWC.permute(0, 3, 1, 2).contiguous().float() / 255
        if scaled_BCHW.shape[-2:] != self.size_px:
            scaled_BCHW = F.interpolate(scaled_BCHW, self.size_px, mode="bilinear", antialias=True)
        mean, std = (scaled_BCHW.new_tensor(values).view(1, 3, 1, 1) for values in (self.mean, self.std))
        return (scaled_BCHW - mean) / std


def nearest_size(size_px: tuple[int, int], multiple_px: int, smallest_px: int) -> tuple[int, int]:
    """The nearest size to that of an image that a model accepts.

    Args:
        size_px: Height and width of the image.
        multiple_px: Both sides of the result are multiples of this.
        smallest_px: The shorter side of the result is not below this; the longer one grows with it.
    """
    scale = max(1.0, smallest_px / min(size_px))
    height, width = (max(1, round(scale * side / multiple_px)) * multiple_px for side in size_px)
    return height, width
