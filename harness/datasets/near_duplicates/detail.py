"""A picture of an image four times as large as its thumbnail, for parts that a thumbnail cannot tell apart."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

DETAIL_PX = 96
"""Height and width. At 48 px, the best look-alikes among generated screws in random poses are as alike as many twins;
at 96 px all twins are above them, and at 160 px noise narrows the gap again."""

_SURROUND_PX = 2.0
_LEVELS_A_DEVIATION = 31.75
"""So that a byte holds four standard deviations."""


def detail(grey_HW: NDArray[np.uint8]) -> NDArray[np.int8] | None:
    """Shrink an image to a square and keep what differs from its surroundings.

    Other than in a thumbnail, contrast is that of the image: on a plain background, noise stays as small as it is
    beside the edges of a part.

    Args:
        grey_HW: ``(H, W)``, 0 to 255.

    Returns:
        ``(96, 96)``, standard deviations of the whole times 31.75; None where nothing is to be seen.
    """
    small = Image.fromarray(grey_HW).resize((DETAIL_PX, DETAIL_PX), Image.Resampling.BILINEAR)
    pixels_HW = np.asarray(small, dtype=np.float32)
    pixels_HW = pixels_HW - gaussian_filter(pixels_HW, _SURROUND_PX)
    deviation = float(pixels_HW.std())
    if deviation == 0.0:
        return None
    levels_HW: NDArray[np.int8] = np.rint(_LEVELS_A_DEVIATION * pixels_HW / deviation).clip(-127, 127).astype(np.int8)
    return levels_HW
