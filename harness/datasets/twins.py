"""Which images of a category show the same thing: copies, and photographs of one part taken twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.datasets._base import Dataset, Sample
from harness.datasets.image_facts import image_facts
from harness.datasets.near_duplicates import find_groups


@dataclass(frozen=True)
class Twins:
    """Samples that show the same thing, two or more."""

    ids: tuple[str, ...]
    """Sample ids, sorted."""
    are_copies: bool
    """Whether their files are equal to the last byte."""


def find_twins(samples: Sequence[Sample]) -> tuple[Twins, ...]:
    """Group the samples that are copies or near duplicates of each other.

    Looks at pixels alone; names, order and roles change nothing. A file that cannot be decoded has
    no twin but its copies. Decodes what is not remembered (see `image_facts`), then takes about a
    second for 2,000 images.

    Args:
        samples: Of one category, normal and defect images alike: what sets different parts apart is
            learnt from all of them.

    Raises:
        DataError: A file is not there.
    """
    ordered = sorted(samples, key=lambda sample: sample.id)
    facts = image_facts([sample.image for sample in ordered])
    contents = [known.sha256 or sample.id for known, sample in zip(facts, ordered, strict=True)]
    groups = find_groups(contents, [known.thumbnail for known in facts])
    return tuple(Twins(tuple(ordered[m].id for m in group.members), group.num_contents == 1) for group in groups)


def groups_of_images(samples: Sequence[Sample]) -> dict[str, str]:
    """Which images of a category count as one when they are resampled: its groups of near duplicates.

    Args:
        samples: As for `find_twins`: all images of one category, normal and defect alike. Groups found among
            fewer images can differ.

    Returns:
        Sample id to the id of its group: the first id of the group in sorted order, for an image without a near
        duplicate its own.

    Raises:
        DataError: A file does not exist.
    """
    groups = {sample.id: sample.id for sample in samples}
    for twins in find_twins(samples):
        groups |= dict.fromkeys(twins.ids, twins.ids[0])
    return groups


def samples_of(dataset: Dataset, root: Path, category: str) -> tuple[Sample, ...]:
    """Every sample of a category that its own split trains or tests on, sorted by id.

    Raises:
        DataError: The data set is not there.
        UnknownNameError: No such category.
    """
    split = dataset.split(root, category, 0)
    return tuple(sorted((*split.train, *split.test), key=lambda sample: sample.id))


def in_groups(samples: Iterable[Sample], twins: Iterable[Twins]) -> list[list[Sample]]:
    """The samples of a category in their groups of twins, one without a twin in a group of its own.

    Both the groups and the samples in them are sorted by id.
    """
    first_of = {sample_id: group.ids[0] for group in twins for sample_id in group.ids}
    groups: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: sample.id):
        groups.setdefault(first_of.get(sample.id, sample.id), []).append(sample)
    return list(groups.values())
