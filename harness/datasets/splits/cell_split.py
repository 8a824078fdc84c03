"""The samples of one cell: its split, within its limit, and the training images that its regime says."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.datasets._base import Dataset, Split
from harness.datasets.splits.few_shots import few_shots
from harness.datasets.splits.limiting import limited
from harness.datasets.splits.names import GROUPED, fold_of
from harness.datasets.splits.splitting import make_split
from harness.datasets.twins import find_twins, samples_of
from harness.plan import Cell
from harness.regimes import MULTI_CLASS, shots_of


def splits_of_cell(dataset: Dataset, root: Path, cell: Cell, name: str) -> dict[str, Split]:
    """The split of every category that a cell fits on, under the seed and within the limit of the cell.

    Args:
        dataset: Of the cell.
        root: The data root.
        cell: Says which categories.
        name: What ``make_split`` takes for the cell's split.

    Returns:
        Category to its split: that of the cell, in the multi-class regime all of the data set.

    Raises:
        BenchError: As ``make_split``.
    """
    categories = dataset.categories(root) if cell.regime == MULTI_CLASS else (cell.category,)
    return {each: limited(make_split(dataset, root, each, cell.seed, name), cell.limit) for each in categories}


def chosen_split(dataset: Dataset, root: Path, cell: Cell, name: str, splits: Mapping[str, Split]) -> Split:
    """The images that a cell fits on and those that it judges, out of ``splits_of_cell``.

    Args:
        dataset: Of the cell.
        root: The data root.
        cell: Says which regime.
        name: What ``make_split`` takes for the cell's split.
        splits: Of all categories that the cell fits on.

    Raises:
        DataError: There are fewer training images than the regime needs.
    """
    own = splits[cell.category]
    shots = shots_of(cell.regime)
    if shots is not None:
        looks_for_twins = name == GROUPED or (name not in dataset.info.own_splits and fold_of(name) is not None)
        twins = find_twins(samples_of(dataset, root, cell.category)) if looks_for_twins else ()
        return few_shots(own, shots, cell.seed, f"{cell.dataset}/{cell.category}", twins)
    return replace(own, train=pooled(splits).train)


def pooled(splits: Mapping[str, Split]) -> Split:
    """All images of some categories, in the order of the categories."""
    if len(splits) == 1:
        return next(iter(splits.values()))
    return Split(
        train=tuple(sample for split in splits.values() for sample in split.train),
        test=tuple(sample for split in splits.values() for sample in split.test),
    )
