"""A small picture of an image that exposure, gain, gamma and slow shading leave as it is."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE_PX = 48
"""Height and width. 32 px tell tiles of one kind apart half as well, 64 px ask for a better alignment."""

_SURROUND_PX = 2.0
_CONTRAST_PX = 3.0
_NOISE_GREY = 1.0
"""Contrast below one grey value is noise, and is not blown up."""
_LEVELS_A_DEVIATION = 31.75
"""So that a byte holds four standard deviations."""


def thumbnail(grey_HW: NDArray[np.uint8]) -> NDArray[np.int8] | None:
    """Shrink an image to a square and normalise its contrast locally.

    Each pixel is its difference from its surroundings, divided by the contrast there; what a lamp or
    an exposure time does to a region, brightness times a factor or to a power, cancels out. The
    aspect ratio is not kept: images of one category have one, but for a few pixels.

    Args:
        grey_HW: ``(H, W)``, 0 to 255.

    Returns:
        ``(48, 48)``, local standard deviations times 31.75; None where nothing is to be seen.
    """
    small = Image.fromarray(grey_HW).resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    pixels_HW = np.asarray(small, dtype=np.float32)
    detail_HW = pixels_HW - gaussian_filter(pixels_HW, _SURROUND_PX)
    contrast_HW = np.sqrt(gaussian_filter(detail_HW**2, _CONTRAST_PX))
    levels_HW = np.rint(_LEVELS_A_DEVIATION * detail_HW / (contrast_HW + _NOISE_GREY)).clip(-127, 127).astype(np.int8)
    return levels_HW if levels_HW.any() else None
