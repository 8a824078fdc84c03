"""From records to tables: which numbers stand where, and the notes beneath."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import groupby

import pandas as pd

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard.selection import check_comparable
from harness.leaderboard.standings import CellKey, Standings, placed
from harness.leaderboard.variants import row_labels
from harness.tables import METRIC_TITLES, ColumnGroup, Entry, Table

HEADLINE_METRICS = ("image_auroc", "pixel_auroc", "pixel_average_precision", "aupro_30")

Expected = Mapping[str, Collection[str]]
_NOTHING: Expected = {}
_CELLS_NAMED = 5


def main_table(
    frame: pd.DataFrame, *, metrics: Sequence[str] = HEADLINE_METRICS, expected: Expected = _NOTHING
) -> Table:
    """Methods x data sets: means over categories and seeds, best method first.

    Args:
        frame: Records as ``select`` returns them.
        metrics: Keys of ``METRIC_TITLES``.
        expected: Data set to the categories that its mean needs, with or without records.

    Raises:
        StoreError: There are no records, or they must not stand in one table (see ``select``).
        UnknownNameError: A metric is unknown.
    """
    standings = _standings(frame, metrics, expected)
    rows = _best_first(standings, metrics[0])
    columns = [placed([one.mean(row, metric) for row in rows]) for one in standings for metric in metrics]
    titles = tuple(METRIC_TITLES[metric] for metric in metrics)
    return Table(
        name="main",
        title="Mean over the categories of each data set",
        row_title="Method",
        groups=tuple(ColumnGroup(title=one.dataset, columns=titles) for one in standings),
        rows=tuple(rows),
        entries=tuple(zip(*columns, strict=True)),
        protocol=_protocol(frame),
        seeds={one.dataset: one.seeds for one in standings},
        notes=tuple(note for one in standings for note in _notes(one, rows, metrics)),
    )


def category_table(
    frame: pd.DataFrame,
    dataset: str,
    *,
    metrics: Sequence[str] = HEADLINE_METRICS,
    expected: Expected = _NOTHING,
) -> Table:
    """Categories x methods of one data set, a group of columns a metric, and the mean as last row.

    Args:
        frame: Records as ``select`` returns them.
        dataset: Name of the data set.
        metrics: Keys of ``METRIC_TITLES``.
        expected: Data set to the categories that its mean needs, with or without records.

    Raises:
        StoreError: There are no records, or they must not stand in one table (see ``select``).
        UnknownNameError: The frame has no record of the data set, or a metric is unknown.
    """
    if dataset not in set(frame["dataset"]):
        raise UnknownNameError.of("data set", dataset, frame["dataset"].unique())
    # Labels are those of the whole frame: a row is called the same in every table of one report.
    (one,) = (standings for standings in _standings(frame, metrics, expected) if standings.dataset == dataset)
    methods = _best_first([one], metrics[0])

    def line(entry_of: Callable[[str, str], Entry]) -> tuple[Entry, ...]:
        return tuple(entry for metric in metrics for entry in placed([entry_of(row, metric) for row in methods]))

    lines = [line(partial(one.category, category)) for category in one.categories]
    lines.append(line(one.mean))
    return Table(
        name=f"categories_{dataset}",
        title=f"Categories of {dataset}",
        row_title="Category",
        groups=tuple(ColumnGroup(title=METRIC_TITLES[metric], columns=tuple(methods)) for metric in metrics),
        rows=(*one.categories, "mean"),
        entries=tuple(lines),
        num_summary_rows=1,
        protocol=_protocol(frame),
        seeds={dataset: one.seeds},
        notes=tuple(_notes(one, methods, metrics)),
    )


def all_tables(
    frame: pd.DataFrame, *, metrics: Sequence[str] = HEADLINE_METRICS, expected: Expected = _NOTHING
) -> tuple[Table, ...]:
    """The main table, then one table of categories a data set.

    Raises:
        StoreError: There are no records, or they must not stand in one table (see ``select``).
        UnknownNameError: A metric is unknown.
    """
    main = main_table(frame, metrics=metrics, expected=expected)
    return (main, *(category_table(frame, dataset, metrics=metrics, expected=expected) for dataset in main.seeds))


def _standings(frame: pd.DataFrame, metrics: Sequence[str], expected: Expected) -> list[Standings]:
    for metric in metrics:
        if metric not in METRIC_TITLES:
            raise UnknownNameError.of("metric", metric, METRIC_TITLES)
    if frame.empty:
        raise StoreError("No records to make a table of. Right would be a store that 'bench run' has written to.")
    check_comparable(frame)
    labelled = frame.assign(row=row_labels(frame))
    return [
        Standings.of(records, metrics, expected.get(str(dataset), ()))
        for dataset, records in labelled.groupby("dataset")
    ]


def _protocol(frame: pd.DataFrame) -> str:
    return str(frame["protocol"].iloc[0])


def _best_first(standings: Sequence[Standings], metric: str) -> list[str]:
    def order(row: str) -> tuple[int, float, str]:
        means = [mean for one in standings if (mean := one.mean(row, metric).mean) is not None]
        return -len(means), -sum(means), row

    return sorted({row for one in standings for row in one.rows}, key=order)


def _notes(one: Standings, rows: Sequence[str], metrics: Sequence[str]) -> list[str]:
    notes = []
    for row in rows:
        if row not in one.rows:
            notes.append(f"{row} on {one.dataset}: no records")
        elif reasons := one.incomplete(row, metrics):
            shown = "; ".join(f"{reason} {_cells_text(cells)}" for reason, cells in reasons.items())
            notes.append(f"{row} on {one.dataset}: {shown}")
    undefined: dict[tuple[str, ...], list[str]] = {}
    for metric in metrics:
        measured = one.measured_categories(metric)
        without = tuple(category for category in one.categories if category not in measured)
        undefined.setdefault(without, []).append(METRIC_TITLES[metric])
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
        shown.append(f"{category} seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}")
    rest = len(cells) - _CELLS_NAMED
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
