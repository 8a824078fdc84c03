"""Where the part is: a defect in an empty background would be no defect of the part.

A background is what a photographer puts behind a part: of one colour, all around, with a sharp edge to
the part. So it is told by the image's border (as Schlüter et al., "Natural Synthetic Anomalies for
Self-supervised Anomaly Detection and Localization", ECCV 2022, do with a brightness given by hand): what
looks as the border does, and is connected with it. A surface that fills the image has no such border, or
no sharp edge, and is part everywhere. No dependency has a threshold of Otsu's; and between a background
and a part of several colours it lies too high.

Shapes: H x W pixels, 3 colour channels.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, binary_opening, label

_SPREADS = 6
"""Colours this many median deviations from the border's median are not the background's."""
_MIN_LEVELS = 16
_MAX_SPREAD_LEVELS = 12
"""A border that varies more than this is a texture."""
_MAX_PART_OF_BORDER = 0.4
"""The part may leave the image, but not at most of its border."""
_PART_SHARES = (0.03, 0.9)
_MIN_LARGEST_SHARE = 0.75
"""Many pieces before one colour are details of a surface, say components on a board."""
_MIN_EDGE_LEVELS = 24
"""Shading has no edge: this far the colour must jump from 2 px outside the part to 2 px inside."""


def foreground(pixels_HW3: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find the part in front of a uniform background.

    Args:
        pixels_HW3: RGB, 0 to 255.

    Returns:
        ``(H, W)``, True on the part, holes in it filled; True everywhere where no background is told.
    """
    everything = np.ones(pixels_HW3.shape[:2], dtype=np.bool_)
    border = _border(everything.shape)
    levels = pixels_HW3.astype(np.int64)
    distance = np.abs(levels - np.median(levels[border], axis=0).astype(np.int64)).max(axis=2)
    spread = float(np.median(distance[border]))
    is_near = distance <= max(_MIN_LEVELS, _SPREADS * spread)
    if spread > _MAX_SPREAD_LEVELS or is_near[border].mean() < 1 - _MAX_PART_OF_BORDER:
        return everything
    pieces, _ = label(is_near)
    background = is_near & np.isin(pieces, pieces[border])
    # Opened, so that specks of the background are no parts. A part's own holes and reflections are not
    # connected with the border, and so are part.
    part: NDArray[np.bool_] = binary_opening(~background, iterations=2)
    low, high = _PART_SHARES
    if not low <= part.mean() <= high or _largest_share(part) < _MIN_LARGEST_SHARE:
        return everything
    if _edge_levels(distance, part) < _MIN_EDGE_LEVELS:
        return everything
    return part


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    width = max(2, min(shape) // 50)
    border = np.ones(shape, dtype=np.bool_)
    border[width:-width, width:-width] = False
    return border


def _largest_share(part: NDArray[np.bool_]) -> float:
    sizes = np.bincount(label(part)[0].ravel())[1:]
    return float(sizes.max() / sizes.sum())


def _edge_levels(distance: NDArray[np.int64], part: NDArray[np.bool_]) -> float:
    inside = part & ~binary_erosion(part, iterations=3, border_value=1) & binary_erosion(part, border_value=1)
    outside = binary_dilation(part, iterations=4) & ~binary_dilation(part, iterations=2)
    if not inside.any() or not outside.any():
        return 0.0
    return float(np.median(distance[inside]) - np.median(distance[outside]))
