"""A table as the leaderboard computes it and the renderers show it. Nothing here computes or formats."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from harness.records import PUBLISHED_SPLIT

Quantity = Literal["fraction", "duration", "latency", "rate", "memory", "size", "parameters"]
"""What a column holds, in base units: fractions, seconds (duration, latency), images per second, bytes
(memory, size), a count. It decides the unit and the decimals on the page."""

LOWER_MARK = "↓"
"""Stands in the title of a metric of which lower is better."""

Absence = Literal["withheld", "not defined", "not measured"]
"""Why there is no number: a cell that it needs is missing or failed; the metric does not exist for these data, as pixel
metrics without masks; or nobody measured (or reported) it."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One place of a table."""

    mean: float | None
    """In the base unit of the column's quantity; None if there is no number."""
    absence: Absence = "withheld"
    """Why ``mean`` is None; without meaning otherwise."""
    std: float | None = None
    """Sample standard deviation over seeds, in the same unit; None if ``unspread`` says why, or with one seed."""
    unspread: Literal["", "few seeds", "same value"] = ""
    """Why several seeds have no ``std``: too few of them, or all gave the same value."""
    low: float | None = None
    """Lower end of the 95 % bootstrap interval of ``mean``, a fraction; None if it is not known."""
    high: float | None = None
    """Upper end; known exactly when ``low`` is."""
    place: int | None = None
    """1 is best; equal unrounded means share a place and the next value takes the next one.
    None without a mean, or if there is nothing to compare with."""


WITHHELD = Entry(mean=None)
NOT_DEFINED = Entry(mean=None, absence="not defined")
NOT_MEASURED = Entry(mean=None, absence="not measured")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column under each group heading."""

    title: str
    quantity: Quantity = "fraction"
    lower_is_better: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportedRow:
    """Numbers that others published: shown below the measured rows, without places."""

    label: str
    entries: tuple[Entry, ...] = field(repr=False)
    source: str
    """Where the numbers were read, and under which protocol."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Means over seeds under one protocol and one split."""

    name: str
    """A word for file names and labels, e.g. ``main`` or ``categories_mtd``."""
    title: str
    """What the table shows, without a final stop."""
    row_title: str
    """Heading of the row labels."""
    groups: tuple[str, ...]
    """Headings that each stand over all columns, e.g. data sets."""
    columns: tuple[Column, ...]
    """The columns of every group."""
    rows: tuple[str, ...]
    entries: tuple[tuple[Entry, ...], ...] = field(repr=False)
    """One tuple a row; in it the columns of the first group, then those of the next."""
    num_summary_rows: int = 0
    """This many rows at the end summarise those above."""
    reported: tuple[ReportedRow, ...] = ()
    protocol: str
    """Protocol of all records behind the table, in words; if data sets have their own, each with its data sets."""
    split: str = PUBLISHED_SPLIT
    """Split of all records behind the table; if data sets have their own, each with its data sets."""
    seeds: Mapping[str, tuple[int, ...]]
    """Data set to the seeds of its records, those in ``own_seeds`` excepted."""
    own_seeds: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    """Label of a row or column to data set to seeds, where they are not those of ``seeds``."""
    remarks: tuple[str, ...] = ()
    """Sentences for the caption: what a reader must know to compare the numbers."""
    notes: tuple[str, ...] = ()
    """What has no number, is not ranked, or is left out, and why, one line each."""

    def __post_init__(self) -> None:
        num_columns = len(self.groups) * len(self.columns)
        assert len(self.entries) == len(self.rows)
        assert all(len(row) == num_columns for row in self.entries)
        assert all(len(row.entries) == num_columns for row in self.reported)

    def by_groups(self, size: int = 1) -> tuple["Table", ...]:
        """The same table in parts that stand below each other, of ``size`` groups each (the last may have fewer).

        A part keeps only the reported rows that have a number in it.
        """
        parts = []
        for first in range(0, len(self.groups), size):
            here = slice(first * len(self.columns), (first + size) * len(self.columns))
            reported = (replace(row, entries=row.entries[here]) for row in self.reported)
            parts.append(
                replace(
                    self,
                    groups=self.groups[first : first + size],
                    entries=tuple(row[here] for row in self.entries),
                    reported=tuple(row for row in reported if any(entry.mean is not None for entry in row.entries)),
                )
            )
        return tuple(parts)
