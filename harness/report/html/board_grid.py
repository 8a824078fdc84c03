"""The tables of a data set as grids of cells that a page can sort: one of the means, one a metric of the categories."""

from dataclasses import dataclass, field

from harness.leaderboard.tables import LOWER_MARK, Column, Entry, Table
from harness.report.wording import ABSENCE_TEXTS, caption, marked_label, numbers
from harness.stats import CONFIDENCE


@dataclass(frozen=True, kw_only=True)
class GridCell:
    """One number as the page shows it, in percent."""

    mean: str
    """Or a mark where there is no number."""
    std: str = ""
    low: str = ""
    high: str = ""
    place: int | None = None
    sort_key: float | None = None
    """The unrounded mean; None stands last in every order."""
    explanation: str = ""
    """Why there is no number."""


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One line of a grid."""

    label: str
    cells: tuple[GridCell, ...]
    seeds: tuple[int, ...] = ()
    """In a grid of means: those of the row's cells."""
    is_summary: bool = False
    """Stays below the others whatever the order."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table of the page."""

    title: str
    row_title: str
    columns: tuple[str, ...]
    lower_is_better: tuple[bool, ...]
    """One a column."""
    rows: tuple[GridRow, ...] = field(repr=False)


def means_grid(table: Table) -> Grid:
    """Rows of the leaderboard x metrics, best first: the summary row of a table of categories, turned.

    Args:
        table: As ``category_table`` lays it out.
    """
    (dataset,) = table.seeds
    width = len(table.columns)
    summary = table.entries[-1]
    return Grid(
        title=f"Mean over the categories of {dataset}" if _num_categories(table) > 1 else f"Results on {dataset}",
        row_title="Method",
        columns=table.groups,
        lower_is_better=tuple(map(_is_lower_better, table.groups)),
        rows=tuple(
            GridRow(
                label=marked_label(table, column.title),
                seeds=table.own_seeds.get(column.title, {}).get(dataset, table.seeds[dataset]),
                cells=tuple(_cell(summary[group * width + number]) for group in range(len(table.groups))),
            )
            for number, column in enumerate(table.columns)
        ),
    )


def category_grids(table: Table) -> tuple[Grid, ...]:
    """Categories x rows of the leaderboard, one grid a metric; none for a data set of one category."""
    if _num_categories(table) < 2:
        return ()
    first_summary = len(table.rows) - table.num_summary_rows
    return tuple(
        Grid(
            title=part.groups[0],
            row_title=table.row_title,
            columns=tuple(marked_label(table, column.title) for column in table.columns),
            lower_is_better=(_is_lower_better(part.groups[0]),) * len(table.columns),
            rows=tuple(
                GridRow(
                    label=row,
                    cells=tuple(map(_cell, entries)),
                    is_summary=number >= first_summary,
                )
                for number, (row, entries) in enumerate(zip(part.rows, part.entries, strict=True))
            ),
        )
        for part in table.by_groups()
    )


def explanation(table: Table) -> str:
    """What the numbers of the grids mean, in plain sentences."""
    bracket = (
        f" In brackets: {100 * CONFIDENCE:.0f} % bootstrap interval over test images, of metrics of the image score."
        if _has_intervals(table)
        else ""
    )
    ranks = " Places compare unrounded means within a data set; equal means share a place."
    return f"{caption(table)}{bracket}{ranks}"


def _has_intervals(table: Table) -> bool:
    return any(entry.low is not None for row in table.entries for entry in row)


def _num_categories(table: Table) -> int:
    return len(table.rows) - table.num_summary_rows


def _is_lower_better(title: str) -> bool:
    return title.endswith(LOWER_MARK)


_FRACTION = Column(title="")


def _cell(entry: Entry) -> GridCell:
    with_std, with_interval = (numbers(entry, _FRACTION, spread) for spread in ("std", "interval"))
    low, high = with_interval.interval or ("", "")
    return GridCell(
        mean=with_std.mean,
        std=with_std.std or "",
        low=low,
        high=high,
        place=entry.place,
        sort_key=entry.mean,
        explanation=ABSENCE_TEXTS[entry.absence] if entry.mean is None else "",
    )
