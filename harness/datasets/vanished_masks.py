"""Which defects are too small to be seen in the ground truth once it is resized."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness.datasets._base import Sample
from harness.datasets.file_cache import file_facts
from harness.errors import DataError
from harness.images import read_mask, resize_mask

_EMPTY, _GONE, _LEFT = "empty", "gone", "left"


def vanished_masks(samples: Sequence[Sample], sizes_px: Sequence[tuple[int, int]], threshold: int) -> tuple[str, ...]:
    """Ids of the defect images whose masks mark something, and nothing at the size they are resized to.

    To pixel metrics such an image is normal. Each mask is read once for a size, in threads, and
    remembered until its file changes; a damaged one counts as one that is left.

    Args:
        samples: Any; those without a mask are passed over.
        sizes_px: Height and width that the masks of each sample are resized to.
        threshold: 0 to 254; a pixel is a defect when its grey value is above this.

    Raises:
        DataError: A mask is not there.
    """
    masks_of: dict[tuple[tuple[int, int], int], list[Path]] = {}
    for sample, size_px in zip(samples, sizes_px, strict=True):
        masks_of.setdefault((size_px, sample.mask_threshold(threshold)), []).extend(sample.masks)
    remains = {
        (place, mask): what
        for place, masks in masks_of.items()
        for mask, what in zip(masks, _remains(masks, *place), strict=True)
    }
    return tuple(
        sample.id
        for sample, size_px in zip(samples, sizes_px, strict=True)
        # Of several masks' union as much is left as of each.
        if {remains[(size_px, sample.mask_threshold(threshold)), mask] for mask in sample.masks}
        in ({_GONE}, {_GONE, _EMPTY})
    )


def _remains(masks: Sequence[Path], size_px: tuple[int, int], threshold: int) -> list[str]:
    height, width = size_px
    look = partial(_look, size_px=size_px, threshold=threshold)
    return file_facts(f"mask-{height}x{width}-{threshold}", masks, look) if masks else []


def _look(mask: Path, size_px: tuple[int, int], threshold: int) -> str:
    try:
        mask_HW = read_mask(mask, threshold)
    except DataError:
        return _LEFT
    if not mask_HW.any():
        return _EMPTY
    return _LEFT if resize_mask(mask_HW, size_px).any() else _GONE
