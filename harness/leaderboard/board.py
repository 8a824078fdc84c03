"""What all tables of a report share: comparable records, row labels, the order of the rows, and the notes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pandas as pd

from harness.errors import StoreError
from harness.leaderboard.intervals import MEAN, Intervals
from harness.leaderboard.record_selection import check_comparable, protocols_text
from harness.leaderboard.standings import CellKey, Standings
from harness.leaderboard.tables import Entry, Table
from harness.leaderboard.variants import row_labels
from harness.metrics.catalogue import check_metrics, metric_title

Expected = Mapping[str, Collection[str]]
"""Data set to the categories that its mean needs, with or without records."""

HEADLINE_METRICS = ("image_auroc", "pixel_auroc", "pixel_average_precision", "aupro_30")
NOTHING_EXPECTED: Expected = {}
NO_INTERVALS = Intervals()
_CELLS_NAMED = 5


@dataclass(frozen=True)
class Board:
    """Records that may stand in one table, laid out for each data set."""

    frame: pd.DataFrame
    """The records, with their labels in a column ``row``."""
    standings: tuple[Standings, ...]
    """One a data set, in the order of their names."""
    metrics: tuple[str, ...]
    intervals: Intervals

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        metrics: Sequence[str],
        expected: Expected,
        *,
        intervals: Intervals = NO_INTERVALS,
        further: Sequence[str] = (),
    ) -> "Board":
        """Lay out records.

        Args:
            frame: Records as ``select`` returns them.
            metrics: Names of metrics.
            expected: Categories that means need.
            intervals: Of means and categories, as far as they are known.
            further: More columns of numbers that ``standings`` shall hold.

        Raises:
            StoreError: There are no records, or they must not stand in one table.
            UnknownNameError: A metric is unknown.
        """
        check_metrics(metrics)
        if frame.empty:
            raise StoreError("There are no records to show. Expected a store that 'bench run' has written to.")
        check_comparable(frame)
        labelled = frame.assign(row=row_labels(frame))
        columns = [*metrics, *further]
        return cls(
            frame=labelled,
            standings=tuple(
                Standings.of(records, columns, expected.get(str(dataset), ()))
                for dataset, records in labelled.groupby("dataset")
            ),
            metrics=tuple(metrics),
            intervals=intervals,
        )

    def mean(self, one: Standings, row: str, metric: str) -> Entry:
        """Mean over the categories of a data set, with its interval where one is known."""
        return self._with_interval(one.mean(row, metric), (one.dataset, MEAN, row, metric))

    def category(self, one: Standings, category: str, row: str, metric: str) -> Entry:
        """Mean over the seeds in one category, with its interval where one is known."""
        return self._with_interval(one.category(category, row, metric), (one.dataset, category, row, metric))

    def best_first(self, standings: Sequence[Standings]) -> list[str]:
        """Labels of all rows by the first metric's mean; those with more means come first."""

        def order(row: str) -> tuple[int, float, str]:
            means = [mean for one in standings if (mean := one.mean(row, self.metrics[0]).mean) is not None]
            return -len(means), -sum(means), row

        return sorted({row for one in standings for row in one.rows}, key=order)

    def table(
        self,
        standings: Sequence[Standings],
        labels: Mapping[str, str],
        *,
        metrics: Sequence[str],
        notes: Sequence[str] = (),
        remarks: Sequence[str] = (),
        **content: Any,
    ) -> Table:
        """A table of some data sets and rows, with everything that is not its own filled in.

        Args:
            standings: The data sets it shows.
            labels: The rows it shows, to what they are called in it.
            metrics: Whose missing values its notes explain.
            notes: More of them.
            remarks: Sentences for the caption; what the bootstrap resampled comes after them.
            content: Fields of ``Table``.
        """
        seeds: dict[str, tuple[int, ...]] = {}
        own_seeds: dict[str, dict[str, tuple[int, ...]]] = {}
        for one in standings:
            of_rows = {label: one.seeds_of(row) for row, label in labels.items() if row in one.rows}
            counts = Counter(of_rows.values())
            seeds[one.dataset] = max(counts, key=lambda found: (counts[found], len(found), found))
            for label, found in of_rows.items():
                if found != seeds[one.dataset]:
                    own_seeds.setdefault(label, {})[one.dataset] = found
        datasets = [one.dataset for one in standings]
        shown = self.frame[self.frame["dataset"].isin(datasets)]
        resampling = self.intervals.remark(datasets) if metrics else ""
        return Table(
            protocol=protocols_text(zip(shown["dataset"], shown["protocol"], strict=True)),
            split=str(self.frame["split"].iloc[0]),
            seeds=seeds,
            own_seeds=own_seeds,
            remarks=(*remarks, *([resampling] if resampling else [])),
            notes=(*(note for one in standings for note in _notes(one, labels, metrics)), *notes),
            **content,
        )

    def _with_interval(self, entry: Entry, key: tuple[str, str, str, str]) -> Entry:
        if entry.mean is None or key not in self.intervals.ends:
            return entry
        low, high = self.intervals.ends[key]
        return replace(entry, low=low, high=high)


def _notes(one: Standings, labels: Mapping[str, str], metrics: Sequence[str]) -> list[str]:
    notes = []
    for row, label in labels.items():
        if row not in one.rows:
            notes.append(f"{label} on {one.dataset}: no records")
        elif reasons := one.incomplete(row, metrics):
            shown = "; ".join(f"{reason} {_cells_text(cells)}" for reason, cells in reasons.items())
            notes.append(f"{label} on {one.dataset}: {shown}")
    undefined: dict[tuple[str, ...], list[str]] = {}
    for metric in metrics:
        measured = one.measured_categories(metric)
        without = tuple(category for category in one.categories if category not in measured)
        undefined.setdefault(without, []).append(metric_title(metric))
    notes += [
        f"{', '.join(titles)} on {one.dataset}: not defined for {', '.join(without)} (no masks)"
        for without, titles in undefined.items()
        if without
    ]
    return notes


def _cells_text(cells: Sequence[CellKey]) -> str:
    """For people: ``bottle seeds 0, 1, cable seed 2 and 4 more``."""
    shown = []
    for category, group in groupby(cells[:_CELLS_NAMED], key=lambda cell: cell[0]):
        seeds = [str(seed) for _, seed in group]
        shown.append(f"{category} {'seed' if len(seeds) == 1 else 'seeds'} {', '.join(seeds)}")
    rest = len(cells) - _CELLS_NAMED
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
