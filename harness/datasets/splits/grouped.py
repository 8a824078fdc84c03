"""The data set's own split without images of one thing on both sides."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.datasets._base import Dataset, Split
from harness.datasets.twins import Twins, check_divisible, find_twins, in_groups, samples_of
from harness.errors import DataError


def grouped_split(dataset: Dataset, root: Path, category: str, seed: int) -> Split:
    """The data set's own split, changed so that no near duplicate of a training image is tested.

    A published test set stays as it is, and training images with a twin in it are left out. Where the seed decides,
    whole groups of twins go to one side: groups with a defect image are tested, and the others train until as many
    images train as before.

    Raises:
        UnknownNameError: No such category.
        DataError: The data set is missing, describes groups of its own, or no training image would be left.
    """
    published = dataset.split(root, category, seed)
    check_divisible(published, f"{dataset.info.name}/{category}", "grouped")
    twins = find_twins(samples_of(dataset, root, category))
    if published.is_seeded:
        train_ids = _deal(published, twins, seed)
        normal = sorted((s for s in (*published.train, *published.test) if not s.is_defect), key=lambda s: s.id)
        defects = tuple(sample for sample in published.test if sample.is_defect)
        split = replace(
            published,
            train=tuple(sample for sample in normal if sample.id in train_ids),
            test=tuple(sample for sample in normal if sample.id not in train_ids) + defects,
        )
    else:
        split = _without_twins_in_test(published, twins)
    if not split.train:
        raise DataError(
            f"{dataset.info.name}/{category}: split 'grouped' leaves no training image, because each has a near "
            "duplicate among the test images; use 'published' or a manifest."
        )
    return split


def _deal(published: Split, twins: Iterable[Twins], seed: int) -> set[str]:
    groups = in_groups((*published.train, *published.test), twins)
    free = [group for group in groups if not any(sample.is_defect for sample in group)]
    train_ids: set[str] = set()
    for index in np.random.default_rng(seed).permutation(len(free)):
        if len(train_ids) + len(free[index]) <= len(published.train):
            train_ids.update(sample.id for sample in free[index])
    return train_ids


def _without_twins_in_test(published: Split, twins: Iterable[Twins]) -> Split:
    test_ids = {sample.id for sample in published.test}
    twin_of: dict[str, str] = {}
    for group in twins:
        tested = [sample_id for sample_id in group.ids if sample_id in test_ids]
        if tested:
            twin_of |= dict.fromkeys(group.ids, tested[0])
    leaving = tuple(sample.id for sample in published.train if sample.id in twin_of)
    return replace(
        published,
        train=tuple(sample for sample in published.train if sample.id not in twin_of),
        left_out=published.left_out + tuple((i, f"near duplicate of the test image {twin_of[i]}") for i in leaving),
    )
