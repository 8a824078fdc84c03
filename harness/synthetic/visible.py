"""From a change to an image and the mask of what can be seen of it.

Shapes: H x W pixels, 3 colour channels.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, label

from harness.synthetic.scene import Change, Colours, Photograph

VISIBLE_LEVELS = 10
"""A pixel differs noticeably when a channel differs by this many of 255 levels."""
GAP_PX = 2
"""Pixels that agree by chance belong to the defect where gaps between visible ones are no wider than
twice this."""
MAX_SHARE = 0.4
"""Of an image that a mask covers."""
_MIN_VISIBLE_SHARE = 0.5
_MIN_KEPT_SHARE = 0.5
_MIN_SPOT_PX = 4
_MIN_SPOT_SHARE = 0.0004
_ANYWHERE = np.ones((3, 3), dtype=np.bool_)


def lay_over(target: Photograph, change: Change, shade_levels: float) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Change an image, and say where that shows.

    Args:
        target: The normal image.
        change: What is put where.
        shade_levels: Added to the content, away from the nearer end of the scale.

    Returns:
        The image, ``(H, W, 3)``, which outside the mask differs by less than ``VISIBLE_LEVELS``, and only in one
        piece with it: cut off there, a soft edge would be a hard one. And the mask, ``(H, W)``: pixels that
        differ by ``VISIBLE_LEVELS`` and gaps between them (``GAP_PX``), without lone specks. Nothing but False
        where it is more than ``MAX_SHARE`` of the image, or where too little is left: of the mask, of visible
        pixels in it, of the region, or of what changed.
    """
    alpha = change.coverage_HW[:, :, None]
    touched = change.coverage_HW > 0.0
    content = change.content_HW3 + shade_levels * _direction(target, touched)
    mixed = _rounded(target.pixels_HW3 * (1.0 - alpha) + content * alpha)
    seen = _differs(target.pixels_HW3, mixed)
    # Padded, because closing takes what lies beyond the border for visible or for invisible.
    padded = np.pad(seen, 2 * GAP_PX)
    closed = binary_closing(padded, _ANYWHERE, iterations=GAP_PX)[2 * GAP_PX : -2 * GAP_PX, 2 * GAP_PX : -2 * GAP_PX]
    mask = _without_specks((closed & touched) | seen)
    area = np.count_nonzero(mask)
    # A faint change is visible in scattered pieces only; such a mask is useless.
    enough = max(
        _min_px(mask), _MIN_KEPT_SHARE * np.count_nonzero(change.coverage_HW >= 0.5 * change.coverage_HW.max())
    )
    changed = _in_one_piece_with(mask, (mixed != target.pixels_HW3).any(axis=2)) & (mask | ~seen)
    if (
        not enough <= area <= MAX_SHARE * mask.size
        or np.count_nonzero(mask & seen) < _MIN_VISIBLE_SHARE * area
        or area < _MIN_VISIBLE_SHARE * np.count_nonzero(changed)
    ):
        return target.pixels_HW3, np.zeros_like(mask)
    return np.where(changed[:, :, None], mixed, target.pixels_HW3), mask


def shaded(target: Photograph, region_HW: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The image with every pixel of a region moved towards the farther end of the scale: always visible."""
    levels = target.pixels_HW3.astype(np.int64)
    moved = np.where(levels < 128, levels + 64, levels - 64).astype(np.uint8)
    return np.where(region_HW[:, :, None], moved, target.pixels_HW3)


def _direction(target: Photograph, touched: NDArray[np.bool_]) -> float:
    if not touched.any():
        return 1.0
    return 1.0 if float(np.median(target.pixels_HW3[touched])) < 128.0 else -1.0


def _rounded(colours: Colours) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.floor(np.clip(colours, 0.0, 255.0) + 0.5).astype(np.uint8)
    return pixels


def _differs(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    difference = np.abs(one.astype(np.int64) - other.astype(np.int64)).max(axis=2)
    is_visible: NDArray[np.bool_] = difference >= VISIBLE_LEVELS
    return is_visible


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Each region would count as one defect in AUPRO: a lone pixel must not."""
    regions, _ = label(mask, _ANYWHERE)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    kept: NDArray[np.bool_] = (sizes >= _min_px(mask))[regions]
    return kept


def _in_one_piece_with(mask: NDArray[np.bool_], changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What changed, and the mask, without pieces that hold nothing of the mask."""
    pieces, num = label(mask | changed, _ANYWHERE)
    is_kept = np.zeros(num + 1, dtype=np.bool_)
    is_kept[pieces[mask]] = True
    kept: NDArray[np.bool_] = is_kept[pieces]
    return kept


def _min_px(mask: NDArray[np.bool_]) -> int:
    return max(_MIN_SPOT_PX, round(_MIN_SPOT_SHARE * mask.size))
