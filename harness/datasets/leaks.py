"""Test images that show what a training image shows too: with them, remembering is as good as detecting."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.datasets._base import Sample, Split
from harness.datasets.twins import find_twins, in_groups


@dataclass(frozen=True, kw_only=True)
class Leak:
    """How many test images of a category have a copy or near duplicate in training."""

    num_normals: int
    num_defects: int
    num_test_normals: int
    num_test_defects: int


def find_leak(split: Split, samples: Sequence[Sample]) -> Leak | None:
    """Count the test images that leak; None if none does.

    Args:
        split: Which images train and which are tested.
        samples: All samples of the category; near duplicates are found among all of them.

    Raises:
        DataError: A file does not exist.
    """
    train = {sample.id for sample in split.train}
    leaked = {
        sample.id
        for group in in_groups(samples, find_twins(samples))
        if any(sample.id in train for sample in group)
        for sample in group
    }
    tested = {side: [sample.id for sample in split.test if sample.is_defect == side] for side in (False, True)}
    num_normals, num_defects = (len(leaked.intersection(tested[side])) for side in (False, True))
    if not num_normals + num_defects:
        return None
    return Leak(
        num_normals=num_normals,
        num_defects=num_defects,
        num_test_normals=len(tested[False]),
        num_test_defects=len(tested[True]),
    )
