"""Images of a split that cannot be read: found before a cell begins, so that it can go on without them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.datasets._base import Sample, Split
from harness.datasets.image_facts import ImageFacts, image_facts
from harness.datasets.preflight import check_split
from harness.errors import DataError
from harness.phrasing import counted


@dataclass(frozen=True)
class Unreadable:
    """An image that cannot be decoded, or whose mask cannot."""

    sample_id: str
    reason: str
    """One line that names the file and says what is wrong with it."""


def find_unreadable(samples: Sequence[Sample]) -> tuple[Unreadable, ...]:
    """The samples of which the image or a mask cannot be decoded, sorted by id.

    Decodes every file that is not cached (see `image_facts`).

    Raises:
        DataError: A file is not there.
    """
    files = list(dict.fromkeys(path for sample in samples for path in (sample.image, *sample.masks)))
    facts = dict(zip(files, image_facts(files), strict=True))
    reasons = {sample.id: reason for sample in samples if (reason := _reason(sample, facts)) is not None}
    return tuple(Unreadable(sample_id, reason) for sample_id, reason in sorted(reasons.items()))


def leave_out_unreadable(split: Split, name: str) -> tuple[Split, tuple[Unreadable, ...]]:
    """The split without the images that cannot be read, training, test and validation images alike.

    Decodes every image and mask that is not cached (see `image_facts`). A sample of several masks is left out if one
    of them is damaged, because what the others mark is not all of its defect.

    Args:
        split: Every file of it is there.
        name: For the message, e.g. ``"mvtec_ad/bottle"``.

    Returns:
        The rest of the split, and what was left out, sorted by id.

    Raises:
        DataError: A file is not there, or what is left is too little to train and test on.
    """
    unreadable = find_unreadable((*split.train, *split.test, *split.validation))
    if not unreadable:
        return split, ()
    gone = {one.sample_id for one in unreadable}
    rest = replace(
        split,
        train=tuple(sample for sample in split.train if sample.id not in gone),
        test=tuple(sample for sample in split.test if sample.id not in gone),
        validation=tuple(sample for sample in split.validation if sample.id not in gone),
    )
    try:
        check_split(rest, name)
    except DataError as error:
        count = counted(len(unreadable), "unreadable image")
        raise DataError(f"{error} {count} left out; the first: {unreadable[0].reason}") from error
    return rest, unreadable


def _reason(sample: Sample, facts: Mapping[Path, ImageFacts]) -> str | None:
    problem = facts[sample.image].problem
    if problem is not None:
        return f"{sample.image}: {problem}"
    for mask in sample.masks:
        problem = facts[mask].problem
        if problem is not None:
            return f"{sample.id}: its mask {mask}: {problem}"
    return None
