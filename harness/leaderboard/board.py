"""What all tables of a report share: comparable records, row labels, the order of the rows, and the notes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import pandas as pd

from harness.errors import StoreError
from harness.leaderboard.intervals import MEAN, Intervals
from harness.leaderboard.record_selection import CONDITIONS, protocols_text, splits_text
from harness.leaderboard.standings import NOTHING_EXPECTED, Expected, Standings, cells_text, laid_out
from harness.leaderboard.tables import Entry, Table
from harness.metrics.catalogue import check_metrics, find_metric, metric_title, what_is_missing
from harness.phrasing import counted

HEADLINE_METRICS = ("image_auroc", "pixel_auroc", "pixel_average_precision", "aupro_30")
NO_INTERVALS = Intervals()


@dataclass(frozen=True, kw_only=True, eq=False)
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
        metrics: Sequence[str] = HEADLINE_METRICS,
        *,
        expected: Expected = NOTHING_EXPECTED,
        intervals: Intervals = NO_INTERVALS,
    ) -> Self:
        """Lay out records.

        Args:
            frame: Records as ``select`` returns them.
            metrics: Names of metrics.
            expected: Categories that means need.
            intervals: Of means and categories, as far as they are known.

        Raises:
            StoreError: There are no records, or they must not stand in one table.
            UnknownNameError: A metric is unknown.
        """
        check_metrics(metrics)
        if frame.empty:
            raise StoreError("There are no records to show. Expected a store that 'bench run' has written to.")
        labelled, standings = laid_out(frame, metrics, expected)
        return cls(frame=labelled, standings=standings, metrics=tuple(metrics), intervals=intervals)

    def mean(self, one: Standings, row: str, metric: str) -> Entry:
        """Mean over the categories of a data set, with its interval where one is known."""
        return self._with_interval(one.mean(row, metric), (one.dataset, MEAN, row, metric))

    def category(self, one: Standings, category: str, row: str, metric: str) -> Entry:
        """Mean over the seeds in one category, with its interval where one is known."""
        return self._with_interval(one.category(category, row, metric), (one.dataset, category, row, metric))

    def finished(self, dataset: str, row: str | None = None, category: str | None = None) -> pd.DataFrame:
        """The finished cells of a data set, or of one row or category of it."""
        chosen = (self.frame["dataset"] == dataset) & (self.frame["status"] == "ok")
        for column, value in (("row", row), ("category", category)):
            if value is not None:
                chosen &= self.frame[column] == value
        return self.frame[chosen]

    def measured(self, columns: Sequence[str]) -> tuple[Standings, ...]:
        """The same cells with other columns of the records, e.g. costs."""
        return tuple(
            Standings.of(self.frame[self.frame["dataset"] == one.dataset], columns, one.categories)
            for one in self.standings
        )

    def best_first(self, standings: Sequence[Standings]) -> list[str]:
        """Labels of all rows by the first metric's mean; those with more means come first."""
        sign = 1 if find_metric(self.metrics[0]).higher_is_better else -1

        def order(row: str) -> tuple[int, float, str]:
            means = [mean for one in standings if (mean := one.mean(row, self.metrics[0]).mean) is not None]
            return -len(means), -sign * sum(means), row

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
        """A table of some data sets and rows, with protocol, split, seeds and notes filled in.

        Args:
            standings: The data sets it shows.
            labels: The rows it shows, each with its name in the table.
            metrics: Whose missing values its notes explain.
            notes: Further notes.
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
        choices = shown[["dataset", "protocol", "split", *CONDITIONS]].drop_duplicates()
        resampling = self.intervals.remark(datasets) if metrics else ""
        return Table(
            protocol=protocols_text(choices),
            split=splits_text(zip(choices["dataset"], choices["split"], strict=True)),
            seeds=seeds,
            own_seeds=own_seeds,
            remarks=(*remarks, *([resampling] if resampling else [])),
            notes=(
                *(note for one in standings for note in _notes(one, labels, metrics)),
                *_unreadable_notes(shown, labels),
                *notes,
            ),
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
            shown = "; ".join(f"{reason} {cells_text(cells)}" for reason, cells in reasons.items())
            notes.append(f"{label} on {one.dataset}: {shown}")
    undefined: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for metric in metrics:
        measured = one.measured_categories(metric)
        without = tuple(category for category in one.categories if category not in measured)
        undefined.setdefault((without, what_is_missing(metric)), []).append(metric_title(metric))
    notes += [
        f"{', '.join(titles)} on {one.dataset}: not defined for {', '.join(without)} ({missing})"
        for (without, missing), titles in undefined.items()
        if without
    ]
    return notes


def _unreadable_notes(frame: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """One line for each row and data set whose cells went on without images that cannot be read."""
    images: dict[tuple[str, str], dict[str, set[str]]] = {}
    finished = frame[(frame["status"] == "ok") & frame["row"].isin(list(labels))]
    for (row, dataset, category), ids in finished.groupby(["row", "dataset", "category"])["unreadable_ids"]:
        found = {name for text in ids if text for name in json.loads(text)}
        if found:
            images.setdefault((labels[str(row)], str(dataset)), {})[str(category)] = found
    return [
        f"{label} on {dataset}: without images that cannot be read: "
        + ", ".join(f"{counted(len(ids), 'image')} of {category}" for category, ids in sorted(of_category.items()))
        for (label, dataset), of_category in sorted(images.items())
    ]
