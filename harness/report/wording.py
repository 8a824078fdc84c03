"""Numbers and captions as all renderers show them. Only this module converts base units to those of the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from harness.leaderboard.tables import LOWER_MARK, Absence, Column, Entry, Quantity, Table
from harness.phrasing import counted
from harness.records import PUBLISHED_SPLIT
from harness.stats import MIN_SEEDS

Spread = Literal["std", "interval", "none"]
"""What follows a mean: the standard deviation over seeds, a bootstrap interval, or nothing."""

SPREADS: tuple[Spread, ...] = get_args(Spread)
ABSENCE_MARKS: dict[Absence, str] = {"withheld": "--", "not defined": "n/a", "not measured": "n/m"}
ABSENCE_TEXTS: dict[Absence, str] = {
    "withheld": "withheld, because a cell is missing or failed",
    "not defined": "not defined for these data",
    "not measured": "not measured or not reported",
}
OTHER_SEEDS_MARK = "†"
REPORTED_MARK = "‡"
REPORTED_TEXT = "reported by others; other protocols"


@dataclass(frozen=True)
class _Unit:
    factor: float
    decimals: int
    text: str
    base: str
    """What the unscaled value is in, for programs."""


_UNITS: dict[Quantity, _Unit] = {
    "fraction": _Unit(100, 1, "%", ""),
    "duration": _Unit(1, 1, "s", "seconds"),
    "latency": _Unit(1e3, 1, "ms", "seconds"),
    "rate": _Unit(1, 1, "images/s", "images per second"),
    "memory": _Unit(1e-9, 2, "GB", "bytes"),
    "size": _Unit(1e-6, 1, "MB", "bytes"),
    "parameters": _Unit(1e-6, 2, "M", ""),
}


@dataclass(frozen=True)
class Numbers:
    """One entry as it is printed: the mean, and what follows it."""

    mean: str
    std: str | None = None
    interval: tuple[str, str] | None = None

    def text(self) -> str:
        """``98.1``, ``98.1 ± 0.3``, ``98.1 [97.5, 98.6]`` or a mark without a number."""
        if self.std is not None:
            return f"{self.mean} ± {self.std}"
        if self.interval is not None:
            return f"{self.mean} [{self.interval[0]}, {self.interval[1]}]"
        return self.mean


def numbers(entry: Entry, column: Column, spread: Spread) -> Numbers:
    """What an entry shows in its column, rounded to the decimals of the column's quantity."""
    unit = _UNITS[column.quantity]

    def text(value: float) -> str:
        # Adding 0 turns -0.0 into 0.0.
        return f"{round(unit.factor * value, unit.decimals) + 0.0:.{unit.decimals}f}"

    if entry.mean is None:
        return Numbers(ABSENCE_MARKS[entry.absence])
    mean = text(entry.mean)
    if spread == "std" and entry.std is not None:
        return Numbers(mean, std=text(entry.std))
    if spread == "interval" and entry.low is not None and entry.high is not None:
        return Numbers(mean, interval=(text(entry.low), text(entry.high)))
    return Numbers(mean)


def entry_text(entry: Entry, column: Column, spread: Spread = "std") -> str:
    """``98.1``, ``98.1 ± 0.3``, ``98.1 [97.5, 98.6]`` or a mark, in the unit of the column."""
    return numbers(entry, column, spread).text()


def caption(table: Table, spread: Spread = "std") -> str:
    """Title, unit, seeds, protocol and what the marks mean, in plain text on one line."""
    sentences = [
        f"{table.title}.",
        f"{_unit_text(table)}{_spread_text(table, spread)}; {_seeds_text(table)}.",
        f"Protocol: {table.protocol}." + ("" if table.split == PUBLISHED_SPLIT else f" Split {table.split}."),
        *table.remarks,
    ]
    if table.own_seeds:
        others = (f"{label} on {_seeds_of(seeds.items())}" for label, seeds in table.own_seeds.items())
        sentences.append(f"{OTHER_SEEDS_MARK} other seeds: {'; '.join(others)}.")
    entries = [*table.entries, *(row.entries for row in table.reported)]
    absent = {entry.absence for row in entries for entry in row if entry.mean is None}
    sentences += [f"{mark}: {ABSENCE_TEXTS[absence]}." for absence, mark in ABSENCE_MARKS.items() if absence in absent]
    if table.reported:
        sentences.append(f"{REPORTED_MARK} {REPORTED_TEXT}.")
    return " ".join(sentences)


def footnotes(table: Table) -> list[str]:
    """What stands below the table, a line each: its notes, then the sources of reported numbers."""
    return [*table.notes, *(f"{row.label}{REPORTED_MARK}: {row.source}" for row in table.reported)]


def marked_label(table: Table, label: str) -> str:
    """The label of a row or column, with a dagger where its seeds are not those of the others."""
    return label + (OTHER_SEEDS_MARK if label in table.own_seeds else "")


def unit_text(column: Column) -> str:
    """Unit and direction, e.g. ``ms ↓``; nothing for a fraction, which the caption explains."""
    if column.quantity == "fraction":
        return ""
    return f"{_UNITS[column.quantity].text} {LOWER_MARK if column.lower_is_better else '↑'}"


def column_headings(table: Table) -> list[str]:
    """Group, column and unit in one phrase, for formats that have a single header line."""
    return [f"{group} {column_heading(table, column)}" for group in table.groups for column in table.columns]


def column_heading(table: Table, column: Column) -> str:
    """Column and unit in one phrase, e.g. ``p50 (ms ↓)``."""
    unit = unit_text(column)
    return marked_label(table, column.title) + (f" ({unit})" if unit else "")


def base_unit_headings(table: Table) -> list[str]:
    """Group, column and the unit of the stored value, for programs."""
    return [
        " ".join(part for part in (group, column.title, _UNITS[column.quantity].base) if part)
        for group in table.groups
        for column in table.columns
    ]


def _unit_text(table: Table) -> str:
    if all(column.quantity == "fraction" for column in table.columns):
        titles = (*table.groups, *(column.title for column in table.columns))
        exception = f" except with {LOWER_MARK}" if any(title.endswith(LOWER_MARK) for title in titles) else ""
        return f"Percent, higher is better{exception}"
    return f"Median over categories and seeds; lower is better with {LOWER_MARK}, higher with ↑"


def _spread_text(table: Table, spread: Spread) -> str:
    entries = [entry for row in table.entries for entry in row if entry.mean is not None]
    if spread == "std":
        text = "; mean ± standard deviation over seeds" if any(entry.std is not None for entry in entries) else ""
        reasons = [why for key, why in _UNSPREAD.items() if any(entry.unspread == key for entry in entries)]
        return text + (f"; no ± {' or '.join(reasons)}" if reasons else "")
    if spread == "interval" and any(entry.low is not None for entry in entries):
        where = "" if all(entry.low is not None for entry in entries) else ", if it is known"
        return f"; mean over seeds [95 % bootstrap interval over test images{where}]"
    return ""


_UNSPREAD = {
    "few seeds": f"with fewer than {MIN_SEEDS} seeds",
    "same value": "if all seeds give the same value (no randomness)",
}


def _seeds_text(table: Table) -> str:
    texts = {_count(seeds) for seeds in table.seeds.values()}
    return texts.pop() if len(texts) == 1 else _seeds_of(table.seeds.items())


def _seeds_of(seeds: Iterable[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{dataset} {_count(of_dataset)}" for dataset, of_dataset in seeds)


def _count(seeds: tuple[int, ...]) -> str:
    return f"{counted(len(seeds), 'seed')} ({', '.join(map(str, seeds))})"
