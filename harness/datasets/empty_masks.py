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
    greys = file_facts(LARGEST_GREY, masks, _largest_grey)
    return [grey == UNREADABLE or int(grey) > MASK_THRESHOLD for grey in greys]


def leave_out_empty(samples: Iterable[Sample]) -> tuple[tuple[Sample, ...], tuple[tuple[str, str], ...]]:
    """Set apart the defects whose mask is empty: neither normal nor a defect that could be found.

    Returns:
        The samples to keep, and ``(id, reason)`` of the others.
    """
    samples = tuple(samples)
    masks = [sample.mask for sample in samples if sample.mask is not None and sample.mask.is_file()]
    empty = {mask for mask, has_defect in zip(masks, have_defects(masks), strict=True) if not has_defect}
    kept = tuple(sample for sample in samples if sample.mask not in empty)
    reason = f"defect image with an empty mask (no grey value above {MASK_THRESHOLD})"
    return kept, tuple((sample.id, reason) for sample in samples if sample.mask in empty)


def _largest_grey(mask: Path) -> str:
    try:
        return str(largest_grey(mask))
    except DataError:
        return UNREADABLE
