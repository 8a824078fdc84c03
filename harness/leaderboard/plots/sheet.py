"""The records of one report as its plots need them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from harness.errors import StoreError
from harness.leaderboard.selection import check_comparable
from harness.leaderboard.standings import Standings
from harness.leaderboard.variants import row_labels
from harness.plots import Heading

SCORE = "image_auroc"
OVERLAP = "aupro_30"
LATENCY = "latency_p50_seconds"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """Comparable records, labelled, and laid out for each data set."""

    records: pd.DataFrame = field(repr=False)
    """Failed ones too, with their labels in a column ``row``."""
    standings: tuple[Standings, ...]
    """One a data set, in the order of their names."""

    @classmethod
    def of(cls, frame: pd.DataFrame, expected: Mapping[str, Collection[str]]) -> "Sheet":
        """Lay out records.

        Args:
            frame: Records as ``select`` returns them.
            expected: Data set to the categories that its mean needs, with or without records.

        Raises:
            StoreError: No cell is finished, or the records must not stand in one table.
        """
        if not (frame["status"] == "ok").any():
            raise StoreError(f"None of {len(frame)} cells is finished; right would be at least one. Nothing to draw.")
        check_comparable(frame)
        records = frame.assign(row=row_labels(frame))
        return cls(
            records=records,
            standings=tuple(
                Standings.of(of_dataset, [SCORE, OVERLAP, LATENCY], expected.get(str(dataset), ()))
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
        """What stands around a plot.

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
        return Heading(
            name=name,
            title=title,
            protocol=str(self.records["protocol"].iloc[0]),
            split=str(self.records["split"].iloc[0]),
            seeds=seeds,
            notes=tuple(notes),
        )


def gaps(one: Standings, row: str, metric: str) -> str | None:
    """Which cells withhold numbers of a row, e.g. ``failed in cable, grid``; None where none does."""
    if row not in one.rows:
        return "no records"
    texts = []
    for reason, cells in one.incomplete(row, [metric]).items():
        categories = dict.fromkeys(category for category, _ in cells)
        texts.append(f"{reason} in {', '.join(categories)}")
    return "; ".join(texts) or None


def gap_notes(one: Standings, rows: Iterable[str], metric: str) -> list[str]:
    """A line for each row with gaps, e.g. ``gaussian on mvtec_ad: failed in cable, grid``."""
    return [f"{row} on {one.dataset}: {found}" for row in rows if (found := gaps(one, row, metric))]
