"""A table between the numbers and the page: the leaderboard computes it, every renderer shows it.

Nothing here computes or formats. A renderer that shows a number shows the one stored here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

METRIC_TITLES: Mapping[str, str] = {
    "image_auroc": "image AUROC",
    "image_average_precision": "image AP",
    "image_f1_max": "image F1-max",
    "pixel_auroc": "pixel AUROC",
    "pixel_average_precision": "pixel AP",
    "pixel_f1_max": "pixel F1-max",
    "aupro_30": "AUPRO",
    "aupro_05": "AUPRO 5%",
    "spro_05": "sPRO 5%",
}
"""Metric columns and their headings, in the order in which a table may show them."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One place of a table."""

    mean: float | None
    """A fraction in [0, 1]; None when withheld, because a cell it needs is missing or failed."""
    std: float | None = None
    """Sample standard deviation over seeds, a fraction; None with one seed."""
    place: int | None = None
    """1 is best; equal unrounded means share a place and the next value takes the next one.
    None when withheld or when there is nothing to compare with."""


WITHHELD = Entry(mean=None)


@dataclass(frozen=True, kw_only=True)
class ColumnGroup:
    """Columns that stand under one heading."""

    title: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Means over seeds under one protocol. Higher is better in every column."""

    name: str
    """A word for file names and labels, e.g. ``main`` or ``categories_mtd``."""
    title: str
    """What the table shows, without a final stop."""
    row_title: str
    """Heading of the row labels."""
    groups: tuple[ColumnGroup, ...]
    rows: tuple[str, ...]
    entries: tuple[tuple[Entry, ...], ...] = field(repr=False)
    """One tuple a row, one entry a column, groups side by side."""
    num_summary_rows: int = 0
    """This many rows at the end summarise those above."""
    protocol: str
    """``Protocol.key()`` of every record behind the table."""
    seeds: Mapping[str, tuple[int, ...]]
    """Data set to the seeds of its records."""
    notes: tuple[str, ...] = ()
    """What is withheld and why, one line each."""

    def __post_init__(self) -> None:
        num_columns = sum(len(group.columns) for group in self.groups)
        assert len(self.entries) == len(self.rows)
        assert all(len(row) == num_columns for row in self.entries)

    def by_group(self) -> tuple["Table", ...]:
        """The same table in parts that stand below each other, one a column group."""
        parts = []
        first = 0
        for group in self.groups:
            last = first + len(group.columns)
            parts.append(replace(self, groups=(group,), entries=tuple(row[first:last] for row in self.entries)))
            first = last
        return tuple(parts)
