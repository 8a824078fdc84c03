"""Groups of images of a category that show the same thing: copies, and repeated photographs of one part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.datasets._base import Dataset, Sample, Split
from harness.datasets.image_facts import image_facts
from harness.datasets.near_duplicates import find_groups
from harness.errors import DataError


@dataclass(frozen=True)
class Twins:
    """Samples that show the same thing, two or more."""

    ids: tuple[str, ...]
    """Sample ids, sorted."""
    are_copies: bool
    """Whether their files are equal to the last byte."""
    confidence: float = 1.0
    """That they show the same thing, a fraction; see `harness.datasets.near_duplicates.TwinGroup`."""


def find_twins(samples: Sequence[Sample]) -> tuple[Twins, ...]:
    """Group the samples that are copies or near duplicates of each other.

    Only pixels count, and whether alike images follow each other in the order of their ids, as in a sequence; roles
    change nothing. A file that cannot be decoded has no twins except its copies. Decodes the files that are not cached
    (see `image_facts`), then compares them (see `find_groups`).

    Args:
        samples: All of one category, normal and defect images alike: what is a twin depends on all of them.

    Raises:
        DataError: A file does not exist.
    """
    ordered = sorted(samples, key=lambda sample: sample.id)
    facts = image_facts([sample.image for sample in ordered])
    contents = [known.sha256 or sample.id for known, sample in zip(facts, ordered, strict=True)]
    groups = find_groups(contents, [known.thumbnail for known in facts], [known.detail for known in facts])
    return tuple(
        Twins(tuple(ordered[m].id for m in group.members), group.num_contents == 1, group.confidence)
        for group in groups
    )


def groups_of_images(samples: Sequence[Sample]) -> dict[str, str]:
    """The groups of near duplicates of a category, each of which counts as one image when images are resampled.

    Args:
        samples: As for `find_twins`; groups found among fewer images can differ.

    Returns:
        Sample id to the first id of its group in sorted order; an image without a near duplicate is its own group.

    Raises:
        DataError: A file does not exist.
    """
    return {sample.id: group[0].id for group in in_groups(samples, find_twins(samples)) for sample in group}


def samples_of(dataset: Dataset, root: Path, category: str) -> tuple[Sample, ...]:
    """Every sample of a category that its own split trains or tests on with any seed, sorted by id.

    Raises:
        DataError: The data set is not there.
        UnknownNameError: No such category.
    """
    split = dataset.split(root, category, 0)
    return tuple(sorted((*split.train, *split.test, *split.lost), key=lambda sample: sample.id))


def check_divisible(published: Split, label: str, name: str) -> None:
    """Refuse a split that knows near duplicates alone, where a description says which images stay together.

    Args:
        published: The data set's own split.
        label: Of the category, for the message.
        name: Of the split that is asked for.

    Raises:
        DataError: There is such a description.
    """
    if published.keeps_groups:
        raise DataError(
            f"{label}: split {name!r} would divide the groups that the description keeps together (groups = ...); "
            "expected 'published', which keeps them, or a manifest."
        )


def in_groups(samples: Iterable[Sample], twins: Iterable[Twins]) -> list[list[Sample]]:
    """The samples of a category in their groups of twins, one without a twin in a group of its own.

    Both the groups and the samples in them are sorted by id.
    """
    first_of = {sample_id: group.ids[0] for group in twins for sample_id in group.ids}
    groups: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: sample.id):
        groups.setdefault(first_of.get(sample.id, sample.id), []).append(sample)
    return list(groups.values())
