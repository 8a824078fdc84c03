"""Images seen from elsewhere: colours between pixels.

Shapes: H x W pixels, 3 colour channels.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from harness.synthetic.exact import Plane
from harness.synthetic.scene import Colours


def sampled(pixels_HW3: NDArray[np.uint8] | Colours, rows: Plane, columns: Plane) -> Colours:
    """Bilinear, mirrored at the border.

    Not scipy's: its compiled sums may be fused, and so rounded, in another way elsewhere.

    Args:
        pixels_HW3: The image.
        rows: For each pixel of the result, where it comes from.
        columns: Likewise.
    """
    rows, columns = _mirrored(rows, pixels_HW3.shape[0]), _mirrored(columns, pixels_HW3.shape[1])
    top, left = np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)
    bottom, right = np.minimum(top + 1, pixels_HW3.shape[0] - 1), np.minimum(left + 1, pixels_HW3.shape[1] - 1)
    down, along = (rows - top)[:, :, None], (columns - left)[:, :, None]
    upper = pixels_HW3[top, left] * (1.0 - along) + pixels_HW3[top, right] * along
    lower = pixels_HW3[bottom, left] * (1.0 - along) + pixels_HW3[bottom, right] * along
    between: Colours = upper * (1.0 - down) + lower * down
    return between


def blurred(pixels_HW3: NDArray[np.uint8], radius_px: int) -> Colours:
    """Two boxes of whole pixels, which Pillow adds up as integers."""
    image = Image.fromarray(pixels_HW3).filter(ImageFilter.BoxBlur(radius_px))
    return np.asarray(image.filter(ImageFilter.BoxBlur(radius_px)), dtype=np.float64)


def _mirrored(places: Plane, length: int) -> Plane:
    last = length - 1.0
    return last - np.abs(np.mod(places, 2.0 * last) - last)
