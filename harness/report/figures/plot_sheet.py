"""The records of one report as its plots need them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from harness.errors import StoreError
from harness.leaderboard.board import NO_INTERVALS, Board
from harness.leaderboard.intervals import Intervals
from harness.leaderboard.record_selection import protocols_text, splits_text
from harness.leaderboard.standings import NOTHING_EXPECTED, Expected, Standings
from harness.phrasing import counted
from harness.report.figures.plot_types import Heading

SCORE = "image_auroc"
OVERLAP = "aupro_30"
_MAX_NAMES = 5


class Sheet(Board):
    """Comparable records, at least one of them of a finished cell."""

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        metrics: Sequence[str] = (SCORE, OVERLAP),
        *,
        expected: Expected = NOTHING_EXPECTED,
        intervals: Intervals = NO_INTERVALS,
    ) -> Self:
        """Lay out records as ``Board.of`` does.

        Raises:
            StoreError: No cell is finished, or the records must not stand in one table.
        """
        if not (frame["status"] == "ok").any():
            raise StoreError(
                f"There is nothing to draw: no cell is finished ({counted(len(frame), 'cell')} failed). Expected at "
                "least one finished cell."
            )
        return super().of(frame, metrics, expected=expected, intervals=intervals)

    @property
    def rows(self) -> tuple[str, ...]:
        """Every label, by name: a look depends on nothing that a new number changes."""
        return tuple(sorted(self.frame["row"].unique()))

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
        shown = self.frame[self.frame["dataset"].isin(seeds)] if seeds else self.frame
        return Heading(
            name=name,
            title=title,
            protocol=protocols_text(
                zip(shown["dataset"], shown["protocol"], strict=True), shown["limit"].dropna(), shown["regime"]
            ),
            split=splits_text(zip(shown["dataset"], shown["split"], strict=True)),
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
        lacks: What to report.
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
    rest = len(different) - _MAX_NAMES
    return ", ".join(different[:_MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")
