"""Which masks hold a defect at all: the one question about pixels that a split may depend on."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.datasets._base import Sample
from harness.datasets.file_cache import file_facts
from harness.errors import DataError
from harness.images import largest_grey

MASK_THRESHOLD = 127
"""Grey values above this are defects. Fixed, so that a split does not follow the protocol's threshold."""

LARGEST_GREY = "largest_grey"
"""Name of this fact in the file cache; a number, or `UNREADABLE`."""
UNREADABLE = "unreadable"


def have_defects(masks: Sequence[Path]) -> list[bool]:
    """Whether each mask has a defect pixel. A damaged mask counts as one that has.

    So a damaged file does not hold up the plan; the cell that reads it fails, and names it.

    Raises:
        DataError: A file is not there.
    """
    return [_is_above(grey, MASK_THRESHOLD) for grey in file_facts(LARGEST_GREY, masks, _largest_grey)]


def leave_out_empty(samples: Iterable[Sample]) -> tuple[tuple[Sample, ...], tuple[tuple[str, str], ...]]:
    """Set apart the defects whose masks are all empty: neither normal nor a defect that could be found.

    Returns:
        The samples to keep, and ``(id, reason)`` of the others.
    """
    samples = tuple(samples)
    masks = [mask for sample in samples for mask in sample.masks if mask.is_file()]
    greys = dict(zip(masks, file_facts(LARGEST_GREY, masks, _largest_grey), strict=True))
    kept: list[Sample] = []
    left_out: list[tuple[str, str]] = []
    for sample in samples:
        threshold = sample.mask_threshold(MASK_THRESHOLD)
        # A mask that is not there counts as one that has a defect: the check before a run names it.
        if not sample.masks or any(_is_above(greys.get(mask, UNREADABLE), threshold) for mask in sample.masks):
            kept.append(sample)
        else:
            left_out.append((sample.id, f"defect image with an empty mask (no grey value above {threshold})"))
    return tuple(kept), tuple(left_out)


def _is_above(grey: str, threshold: int) -> bool:
    return grey == UNREADABLE or int(grey) > threshold


def _largest_grey(mask: Path) -> str:
    try:
        return str(largest_grey(mask))
    except DataError:
        return UNREADABLE
