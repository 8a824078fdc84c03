"""Resizing to the size of the protocol: images and maps bilinear, masks by nearest neighbour."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def resize_rgb(pixels_HW3: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize an image, bilinear; shrinking averages over all source pixels (antialiased).

    Args:
        pixels_HW3: ``(H, W, 3)``, 0 to 255.
        size_px: Height and width wanted.

    Returns:
        ``(*size_px, 3)``; the input itself where it already has that size.
    """
    if pixels_HW3.shape[:2] == tuple(size_px):
        return pixels_HW3
    height, width = size_px
    return np.array(Image.fromarray(pixels_HW3).resize((width, height), Image.Resampling.BILINEAR))


def resize_mask(mask_HW: NDArray[np.bool_], size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """Resize a mask that is already thresholded, by nearest neighbour.

    Thresholding after a smooth resize would move the border with the threshold, and make thin
    scratches vanish.

    Args:
        mask_HW: ``(H, W)``, True on defect pixels.
        size_px: Height and width wanted.

    Returns:
        ``size_px``; the input itself where it already has that size.
    """
    if mask_HW.shape == tuple(size_px):
        return mask_HW
    height, width = size_px
    grey = Image.fromarray(mask_HW.astype(np.uint8))
    return np.array(grey.resize((width, height), Image.Resampling.NEAREST)).astype(bool)


def resize_map(map_HW: NDArray[np.float32], size_px: tuple[int, int]) -> NDArray[np.float32]:
    """Resize an anomaly map, bilinear; shrinking averages over all source pixels (antialiased).

    Args:
        map_HW: ``(H, W)``, higher is more anomalous.
        size_px: Height and width wanted.

    Returns:
        ``size_px``, within the range of the input; the input itself where it already has that size.
    """
    if map_HW.shape == tuple(size_px):
        return map_HW
    height, width = size_px
    resized = np.array(Image.fromarray(map_HW).resize((width, height), Image.Resampling.BILINEAR))
    # Weights add up to 1 but for rounding.
    return resized.clip(map_HW.min(), map_HW.max())
