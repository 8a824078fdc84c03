"""Means over seeds and categories, withheld where a cell is missing; and who is first.

Pure arithmetic on the records of one data set. Shape suffixes: R row, C category, S seed.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.leaderboard.record_selection import check_comparable
from harness.leaderboard.tables import NOT_DEFINED, WITHHELD, Entry
from harness.leaderboard.variants import row_labels
from harness.metrics.catalogue import metric_title
from harness.stats import MIN_SEEDS, ROUNDING

CellKey = tuple[str, int]
"""Category and seed."""

Expected = Mapping[str, Collection[str]]
"""Data set to the categories that its mean needs, with or without records."""

NOTHING_EXPECTED: Expected = {}
_MAX_CELLS = 5


@dataclass(frozen=True)
class Standings:
    """The records of one data set, laid out on the grid of cells that a full table needs.

    A row is expected to have all categories that the data set is known to have or that any row has a record of, with
    every seed that the row itself has a record of; methods may have different seeds. If one of these cells is missing
    or failed, the means that need it are withheld, because a mean over other cells does not compare.
    """

    dataset: str
    rows: tuple[str, ...]
    categories: tuple[str, ...]
    seeds: tuple[int, ...]
    status_RCS: NDArray[np.object_]
    """``ok``, ``failed``, ``missing``, or ``other`` where the row has no record of the seed at all."""
    values: Mapping[str, NDArray[np.float64]]
    """Metric to its values, shaped RCS; NaN where there is none."""

    @classmethod
    def of(cls, frame: pd.DataFrame, metrics: Sequence[str], expected: Collection[str] = ()) -> "Standings":
        """Lay out the records of one data set.

        Args:
            frame: Records of one data set under one protocol, with a column ``row``.
            metrics: Metric columns to keep.
            expected: Categories that a mean needs, whether there are records of them or not.
        """
        (dataset,) = frame["dataset"].unique()
        keys = ["row", "category", "seed"]
        rows, categories, seeds = (sorted(frame[name].unique()) for name in keys)
        categories = sorted({*categories, *expected})
        records = frame.set_index(keys)[["status", *metrics]]
        assert records.index.is_unique, "a row label stands for several variants"
        grid = records.reindex(pd.MultiIndex.from_product([rows, categories, seeds], names=keys))
        shape = len(rows), len(categories), len(seeds)
        status_RCS = grid["status"].fillna("missing").to_numpy(object).reshape(shape)
        foreign_R1S = (status_RCS == "missing").all(axis=1, keepdims=True)
        return cls(
            dataset=str(dataset),
            rows=tuple(rows),
            categories=tuple(categories),
            seeds=tuple(int(seed) for seed in seeds),
            status_RCS=np.where(foreign_R1S, "other", status_RCS),
            values={metric: _floats(grid[metric]).reshape(shape) for metric in metrics},
        )

    def measured_categories(self, metric: str) -> tuple[str, ...]:
        """Categories where the metric is defined: a finished cell has it, or no cell is finished."""
        return tuple(
            category for category, measured in zip(self.categories, self._is_measured[metric], strict=True) if measured
        )

    def seeds_of(self, row: str) -> tuple[int, ...]:
        """The seeds that any cell of the row has a record of; failures count."""
        return tuple(seed for seed, own in zip(self.seeds, self._own_seeds(row), strict=True) if own)

    def mean(self, row: str, metric: str) -> Entry:
        """Mean over categories of the mean over seeds; std over seeds of the mean over categories."""
        values_CS = self._needed(row, metric)
        if values_CS.size:
            return _entry(values_CS)
        return WITHHELD if self.measured_categories(metric) else NOT_DEFINED

    def median(self, row: str, metric: str) -> Entry:
        """The median over all cells that the mean needs; withheld like the mean."""
        values_CS = self._needed(row, metric)
        if not values_CS.size or np.isnan(values_CS).any():
            return WITHHELD
        return Entry(mean=float(np.median(values_CS)))

    def largest(self, row: str, metric: str) -> Entry:
        """The largest value of any cell that the mean needs; withheld like the mean."""
        values_CS = self._needed(row, metric)
        if not values_CS.size or np.isnan(values_CS).any():
            return WITHHELD
        return Entry(mean=float(values_CS.max()))

    def category(self, category: str, row: str, metric: str) -> Entry:
        """Mean and std over seeds in one category."""
        if category not in self.measured_categories(metric):
            return NOT_DEFINED
        number = self.categories.index(category)
        return _entry(self.values[metric][self.rows.index(row)][number : number + 1, self._own_seeds(row)])

    def incomplete(self, row: str, metrics: Sequence[str]) -> dict[str, list[CellKey]]:
        """Cells of a row that withhold a mean: ``failed``, ``missing``, or finished ``without`` a metric."""
        number = self.rows.index(row)
        status_CS = self.status_RCS[number]
        found = {reason: self._cells(status_CS == reason) for reason in ("failed", "missing")}
        for metric in metrics:
            lacks_CS = np.isnan(self.values[metric][number]) & (status_CS == "ok")
            found[f"without {metric_title(metric)}"] = self._cells(lacks_CS & self._is_measured[metric][:, None])
        return {reason: cells for reason, cells in found.items() if cells}

    def _needed(self, row: str, metric: str) -> NDArray[np.float64]:
        """Values of measured categories and the row's own seeds, shaped CS; empty where there are none."""
        if row not in self.rows:
            return np.empty((0, 0))
        values_CS: NDArray[np.float64] = self.values[metric][self.rows.index(row)]
        return values_CS[self._is_measured[metric]][:, self._own_seeds(row)]

    def _own_seeds(self, row: str) -> NDArray[np.bool_]:
        own_S: NDArray[np.bool_] = (self.status_RCS[self.rows.index(row)] != "other").any(axis=0)
        return own_S

    @cached_property
    def _is_measured(self) -> dict[str, NDArray[np.bool_]]:
        """Metric to whether it is measured in each category, shaped C."""
        finished_RCS = self.status_RCS == "ok"
        unfinished_C = ~finished_RCS.any(axis=(0, 2))
        return {
            metric: (finished_RCS & ~np.isnan(values_RCS)).any(axis=(0, 2)) | unfinished_C
            for metric, values_RCS in self.values.items()
        }

    def _cells(self, mask_CS: NDArray[np.bool_]) -> list[CellKey]:
        return [(self.categories[category], self.seeds[seed]) for category, seed in np.argwhere(mask_CS)]


def laid_out(
    frame: pd.DataFrame, metrics: Sequence[str], expected: Expected
) -> tuple[pd.DataFrame, tuple[Standings, ...]]:
    """Label records in a column ``row``, and lay out each data set, in the order of their names.

    Raises:
        StoreError: The records must not stand in one table (see ``check_comparable``).
    """
    check_comparable(frame)
    labelled = frame.assign(row=row_labels(frame))
    standings = tuple(
        Standings.of(records, metrics, expected.get(str(dataset), ()))
        for dataset, records in labelled.groupby("dataset")
    )
    return labelled, standings


def cells_text(cells: Sequence[CellKey]) -> str:
    """For people: ``bottle seeds 0, 1, cable seed 2 and 4 more``."""
    shown = []
    for category, group in groupby(cells[:_MAX_CELLS], key=lambda cell: cell[0]):
        seeds = [str(seed) for _, seed in group]
        shown.append(f"{category} {'seed' if len(seeds) == 1 else 'seeds'} {', '.join(seeds)}")
    rest = len(cells) - _MAX_CELLS
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _floats(column: pd.Series) -> NDArray[np.float64]:
    # Counts come as nullable integers, and a column of nulls alone as objects.
    return np.asarray(column.astype("Float64").to_numpy(na_value=math.nan), dtype=np.float64)


def _entry(values_CS: NDArray[np.float64]) -> Entry:
    if np.isnan(values_CS).any():
        return WITHHELD
    # math.fsum rounds once: equal values in another order stay a tie.
    mean = math.fsum(values_CS.flat) / values_CS.size
    num_categories, num_seeds = values_CS.shape
    if num_seeds == 1:
        return Entry(mean=mean)
    if num_seeds < MIN_SEEDS:
        return Entry(mean=mean, unspread="few seeds")
    if np.ptp(values_CS, axis=1).max() <= ROUNDING:
        return Entry(mean=mean, unspread="same value")
    per_seed = [math.fsum(values_C) / num_categories for values_C in values_CS.T]
    return Entry(mean=mean, std=float(np.std(per_seed, ddof=1)))


def placed(entries: Sequence[Entry], *, lower_is_better: bool = False) -> list[Entry]:
    """The same entries with their places among each other, by unrounded mean, ties shared.

    Places are dense: after two that share place 1 comes place 2. One mean alone gets no place.
    """
    means = [entry.mean for entry in entries if entry.mean is not None]
    if len(means) < 2:
        return list(entries)
    place = {mean: number for number, mean in enumerate(sorted(set(means), reverse=not lower_is_better), start=1)}
    return [entry if entry.mean is None else replace(entry, place=place[entry.mean]) for entry in entries]
