"""K splits in which every normal image is tested once."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.datasets._base import Dataset, Sample, Split
from harness.datasets.twins import check_divisible, find_twins, in_groups, samples_of
from harness.errors import DataError


def fold_split(dataset: Dataset, root: Path, category: str, seed: int, num_folds: int, fold: int) -> Split:
    """Fold ``fold`` of ``num_folds`` over all normal images of a category, groups of twins kept whole.

    The data set's own division into training and test images is ignored. Each fold tests every defect image; a
    normal image with a defect image as its twin is left out.

    Args:
        dataset: Any data set.
        root: The data root.
        category: One of its categories.
        seed: Decides which groups share a fold.
        num_folds: At least 2.
        fold: 1 to ``num_folds``.

    Raises:
        UnknownNameError: No such category.
        DataError: The data set is missing, describes groups of its own, or has fewer groups of normal images than
            folds.
    """
    published = dataset.split(root, category, seed)
    check_divisible(published, f"{dataset.info.name}/{category}", f"kfold-{num_folds}-{fold}")
    samples = samples_of(dataset, root, category)
    groups = in_groups(samples, find_twins(samples))
    free = [group for group in groups if not any(sample.is_defect for sample in group)]
    if len(free) < num_folds:
        raise DataError(
            f"{dataset.info.name}/{category}: {num_folds} folds need at least {num_folds} groups of normal images "
            f"(twins form one group), got {len(free)}."
        )
    folds: list[list[list[Sample]]] = [[] for _ in range(num_folds)]
    sizes = [0] * num_folds
    shuffled = [free[index] for index in np.random.default_rng(seed).permutation(len(free))]
    # Large groups first, each to the smallest fold, so that no fold stays empty and all are about equal.
    for group in sorted(shuffled, key=len, reverse=True):
        smallest = sizes.index(min(sizes))
        folds[smallest].append(group)
        sizes[smallest] += len(group)
    bound = [s for group in groups for s in group if any(other.is_defect for other in group) and not s.is_defect]
    tested = _sorted([sample for group in folds[fold - 1] for sample in group])
    trained = _sorted([s for index, part in enumerate(folds) if index != fold - 1 for group in part for s in group])
    defects = tuple(sample for sample in samples if sample.is_defect)
    return replace(
        published,
        train=trained,
        test=tested + defects,
        left_out=published.left_out + tuple((sample.id, "near duplicate of a defect image") for sample in bound),
        is_seeded=True,
    )


def _sorted(samples: list[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(samples, key=lambda sample: sample.id))
