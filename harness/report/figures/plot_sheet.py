"""The records of one report as its plots need them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from harness.errors import StoreError
from harness.leaderboard.board import Expected
from harness.leaderboard.record_selection import check_comparable, protocols_text
from harness.leaderboard.standings import Standings
from harness.leaderboard.variants import row_labels
from harness.phrasing import counted
from harness.report.figures.plot_types import Heading

SCORE = "image_auroc"
OVERLAP = "aupro_30"
LATENCY = "latency_p50_seconds"
_NAMED = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """Comparable records, labelled, and laid out for each data set."""

    records: pd.DataFrame = field(repr=False)
    """Failed ones too, with their labels in a column ``row``."""
    standings: tuple[Standings, ...]
    """One a data set, in the order of their names."""

    @classmethod
    def of(cls, frame: pd.DataFrame, expected: Expected, metrics: Sequence[str] = (SCORE, OVERLAP, LATENCY)) -> "Sheet":
        """Lay out records.

        Args:
            frame: Records as ``select`` returns them.
            expected: Data set to the categories that its mean needs, with or without records.
            metrics: Columns of records that ``standings`` shall hold.

        Raises:
            StoreError: No cell is finished, or the records must not stand in one table.
        """
        if not (frame["status"] == "ok").any():
            raise StoreError(f"There is nothing to draw: none of {counted(len(frame), 'cell')} is finished.")
        check_comparable(frame)
        records = frame.assign(row=row_labels(frame))
        return cls(
            records=records,
            standings=tuple(
                Standings.of(of_dataset, metrics, expected.get(str(dataset), ()))
                for dataset, of_dataset in records.groupby("dataset")
            ),
        )

    @property
    def rows(self) -> tuple[str, ...]:
        """Every label, by name: a look depends on nothing that a new number changes."""
        return tuple(sorted(self.records["row"].unique()))

    def finished(self, dataset: str, row: str, category: str | None = None) -> pd.DataFrame:
        """The finished cells of a row on a data set, or in one category of it."""
        of = self.records
        chosen = (of["dataset"] == dataset) & (of["row"] == row) & (of["status"] == "ok")
        return of[chosen if category is None else chosen & (of["category"] == category)]

    def best_first(self, one: Standings) -> tuple[str, ...]:
        """The rows of a data set by their mean; those whose mean is withheld come last."""

        def order(row: str) -> tuple[bool, float, str]:
            mean = one.mean(row, SCORE).mean
            return mean is None, -(mean or 0.0), row

        return tuple(sorted(one.rows, key=order))

    def heading(self, name: str, title: str, drawn: Iterable[tuple[str, str]], notes: Sequence[str] = ()) -> Heading:
        """Title, origin and notes of a plot.

        Args:
            name: A word for file names.
            title: What it shows.
            drawn: Data set and row of everything in it.
            notes: What is not in it.
        """
        seeds: dict[str, dict[str, tuple[int, ...]]] = {}
        for dataset, row in drawn:
            found = sorted(int(seed) for seed in self.finished(dataset, row)["seed"].unique())
            seeds.setdefault(dataset, {})[row] = tuple(found)
        shown = self.records[self.records["dataset"].isin(seeds)] if seeds else self.records
        return Heading(
            name=name,
            title=title,
            protocol=protocols_text(zip(shown["dataset"], shown["protocol"], strict=True)),
            split=str(self.records["split"].iloc[0]),
            seeds=seeds,
            notes=tuple(notes),
        )


@dataclass(frozen=True)
class Lack:
    """Why a row is not drawn for a data set."""

    row: str
    dataset: str
    reason: str


def gaps(one: Standings, rows: Iterable[str], metric: str) -> list[Lack]:
    """The cells that withhold numbers, e.g. ``failed in cable, grid``; nothing for rows without a gap."""
    lacks = []
    for row in rows:
        if row not in one.rows:
            lacks.append(Lack(row, one.dataset, "no records"))
        elif found := one.incomplete(row, [metric]):
            texts = [f"{reason} in {names_text(name for name, _ in cells)}" for reason, cells in found.items()]
            lacks.append(Lack(row, one.dataset, "; ".join(texts)))
    return lacks


def lack_notes(lacks: Iterable[Lack], rows: Sequence[str]) -> list[str]:
    """One line a reason, e.g. ``gaussian, padim on mvtec_ad: failed in cable``.

    Args:
        lacks: What is to be said.
        rows: All rows of the plot; where all of them lack the same, they are not listed.
    """
    datasets: dict[tuple[str, str], list[str]] = {}
    for lack in lacks:
        datasets.setdefault((lack.row, lack.reason), []).append(lack.dataset)
    of_rows: dict[tuple[str, str], list[str]] = {}
    for (row, reason), found in datasets.items():
        of_rows.setdefault((", ".join(found), reason), []).append(row)
    return [
        f"{'every row' if len(found) == len(rows) > 1 else ', '.join(found)} on {where}: {reason}"
        for (where, reason), found in of_rows.items()
    ]


def names_text(names: Iterable[str]) -> str:
    """Each name once: ``cable, grid`` or ``bottle, cable, capsule, carpet, grid and 10 more``."""
    different = list(dict.fromkeys(names))
    rest = len(different) - _NAMED
    return ", ".join(different[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
