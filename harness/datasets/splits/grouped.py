"""The data set's own split, mended where images of one thing are on both of its sides."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from harness.datasets._base import Dataset, Split
from harness.datasets.twins import Twins, find_twins, in_groups, samples_of
from harness.errors import DataError

_SEEDS_TO_COMPARE = (1, 2, 3)


def grouped_split(dataset: Dataset, root: Path, category: str, seed: int) -> Split:
    """No near duplicate of a training image is tested on.

    Where the data set publishes its test set, that stays as it is, and training images with a twin
    in it are left out. Where the seed decides, whole groups of twins go to one side: those with a
    defect image are tested on, the others are dealt out until as many images train as before.

    Raises:
        UnknownNameError: No such category.
        DataError: The data set is not there, or no training image would be left.
    """
    published = dataset.split(root, category, seed)
    twins = find_twins(samples_of(dataset, root, category))
    if _is_drawn(dataset, root, category):
        train_ids = _deal(published, twins, seed)
        normal = sorted((s for s in (*published.train, *published.test) if not s.is_defect), key=lambda s: s.id)
        defects = tuple(sample for sample in published.test if sample.is_defect)
        split = Split(
            train=tuple(sample for sample in normal if sample.id in train_ids),
            test=tuple(sample for sample in normal if sample.id not in train_ids) + defects,
            left_out=published.left_out,
        )
    else:
        split = _without_twins_in_test(published, twins)
    if not split.train:
        raise DataError(
            f"{dataset.info.name}/{category}: split 'grouped' leaves no training image, since each has a near "
            "duplicate among the test images; right would be 'published' or a manifest of your own."
        )
    return split


def _is_drawn(dataset: Dataset, root: Path, category: str) -> bool:
    """Whether the seed decides who trains; where it does, one of three seeds shows it."""
    first = dataset.split(root, category, 0).train
    return any(dataset.split(root, category, seed).train != first for seed in _SEEDS_TO_COMPARE)


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
    return Split(
        train=tuple(sample for sample in published.train if sample.id not in twin_of),
        test=published.test,
        left_out=published.left_out + tuple((i, f"near duplicate of the test image {twin_of[i]}") for i in leaving),
    )
