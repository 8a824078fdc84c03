"""From records to tables of metrics: which numbers stand where."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pandas as pd

from harness.errors import UnknownNameError
from harness.leaderboard.board import (
    HEADLINE_METRICS,
    NO_INTERVALS,
    NOTHING_EXPECTED,
    Board,
    Expected,
)
from harness.leaderboard.cost_table import COST_COLUMNS, cost_table_of
from harness.leaderboard.intervals import MEAN, Intervals
from harness.leaderboard.published_numbers import PublishedResult
from harness.leaderboard.standings import Standings, placed
from harness.leaderboard.tables import NOT_MEASURED, Column, Entry, ReportedRow, Table
from harness.leaderboard.variants import ablation_of
from harness.metrics.catalogue import metric_title


def main_table(
    frame: pd.DataFrame,
    *,
    metrics: Sequence[str] = HEADLINE_METRICS,
    expected: Expected = NOTHING_EXPECTED,
    intervals: Intervals = NO_INTERVALS,
    published: Iterable[PublishedResult] = (),
) -> Table:
    """Methods x data sets: means over categories and seeds, best method first.

    Args:
        frame: Records as ``select`` returns them.
        metrics: Names of metrics.
        expected: Data set to the categories that its mean needs, with or without records.
        intervals: Of means and categories, as far as they are known.
        published: Results of others. Those on the table's data sets and metrics make a block of their own.

    Raises:
        StoreError: There are no records, or they must not stand in one table (see ``select``).
        UnknownNameError: A metric is unknown.
    """
    return _main(Board.of(frame, metrics, expected, intervals=intervals), published)


def _main(board: Board, published: Iterable[PublishedResult]) -> Table:
    metrics = board.metrics
    rows = board.best_first(board.standings)
    columns = [placed([board.mean(one, row, metric) for row in rows]) for one in board.standings for metric in metrics]
    datasets = tuple(one.dataset for one in board.standings)
    return board.table(
        board.standings,
        {row: row for row in rows},
        metrics=metrics,
        name="main",
        title="Mean over the categories of each data set",
        row_title="Method",
        groups=datasets,
        columns=_metric_columns(metrics),
        rows=tuple(rows),
        entries=tuple(zip(*columns, strict=True)),
        reported=_reported_rows(published, datasets, metrics),
    )


def category_table(
    frame: pd.DataFrame,
    dataset: str,
    *,
    metrics: Sequence[str] = HEADLINE_METRICS,
    expected: Expected = NOTHING_EXPECTED,
    intervals: Intervals = NO_INTERVALS,
) -> Table:
    """Categories x methods of one data set, a group of columns a metric, and the mean as last row.

    Args:
        frame: Records as ``select`` returns them.
        dataset: Name of the data set.
        metrics: Names of metrics.
        expected: Data set to the categories that its mean needs, with or without records.
        intervals: Of means and categories, as far as they are known.

    Raises:
        StoreError: There are no records, or they must not stand in one table (see ``select``).
        UnknownNameError: The frame has no record of the data set, or a metric is unknown.
    """
    if dataset not in set(frame["dataset"]):
        raise UnknownNameError.of("data set", dataset, frame["dataset"].unique())
    # Labels are those of the whole frame: a row is called the same in every table of one report.
    board = Board.of(frame, metrics, expected, intervals=intervals)
    (one,) = (standings for standings in board.standings if standings.dataset == dataset)
    return _categories(board, one)


def _categories(board: Board, one: Standings) -> Table:
    metrics = board.metrics
    methods = board.best_first([one])

    def line(entry_of: Callable[[str, str], Entry]) -> tuple[Entry, ...]:
        return tuple(entry for metric in metrics for entry in placed([entry_of(row, metric) for row in methods]))

    lines = [line(partial(board.category, one, category)) for category in one.categories]
    lines.append(line(partial(board.mean, one)))
    return board.table(
        [one],
        {row: row for row in methods},
        metrics=metrics,
        name=f"categories_{one.dataset}",
        title=f"Categories of {one.dataset}",
        row_title="Category",
        groups=tuple(metric_title(metric) for metric in metrics),
        columns=tuple(Column(title=row) for row in methods),
        rows=(*one.categories, MEAN),
        entries=tuple(lines),
        num_summary_rows=1,
    )


def ablation_table(
    frame: pd.DataFrame,
    method: str,
    *,
    reference: str | None = None,
    controls: Sequence[str] = (),
    metrics: Sequence[str] = HEADLINE_METRICS,
    expected: Expected = NOTHING_EXPECTED,
    intervals: Intervals = NO_INTERVALS,
) -> Table:
    """Settings of one method x data sets: each row is called by what it changes of the reference.

    The reference stands first and is in the caption; ``ablation_of`` says which settings it is.

    Args:
        frame: Records as ``select`` returns them, of this and any other method.
        method: Its name.
        reference: Its settings as records have them, where they are known.
        controls: Other methods, each with a row of its own below.
        metrics: Names of metrics.
        expected: Data set to the categories that its mean needs, with or without records.
        intervals: Of means and categories, as far as they are known.

    Raises:
        StoreError: There are no records, or they must not stand in one table (see ``select``).
        UnknownNameError: The frame has no record of the method, or a metric is unknown.
    """
    if method not in set(frame["method"]):
        raise UnknownNameError.of("method", method, frame["method"].unique())
    return _ablation(Board.of(frame, metrics, expected, intervals=intervals), method, reference, controls)


def _ablation(board: Board, method: str, reference: str | None = None, controls: Sequence[str] = ()) -> Table:
    metrics = board.metrics
    of_method = board.frame[board.frame["method"] == method]
    ablation = ablation_of(of_method, of_method["row"], reference)
    of_controls = board.frame[board.frame["method"].isin(list(controls))]["row"]
    labels = ablation.labels | {row: f"control: {row}" for row in of_controls.unique()}
    shown = [one for one in board.standings if not labels.keys().isdisjoint(one.rows)]
    columns = [placed([board.mean(one, row, metric) for row in labels]) for one in shown for metric in metrics]
    return board.table(
        shown,
        labels,
        metrics=metrics,
        # A method of the user's own is called MODULE:CLASS, and a colon is no part of a file name everywhere.
        name=f"ablation_{method.replace(':', '.')}",
        title=f"Settings of {method}, mean over the categories of each data set",
        row_title="Change",
        groups=tuple(one.dataset for one in shown),
        columns=_metric_columns(metrics),
        rows=tuple(labels.values()),
        entries=tuple(zip(*columns, strict=True)),
        remarks=(f"Reference: {ablation.reference}.",) if ablation.reference else (),
    )


def metric_tables(
    frame: pd.DataFrame,
    *,
    metrics: Sequence[str] = HEADLINE_METRICS,
    expected: Expected = NOTHING_EXPECTED,
    intervals: Intervals = NO_INTERVALS,
) -> tuple[Table, ...]:
    """The main table and one table of categories a data set. Arguments and errors are those of ``main_table``."""
    board = Board.of(frame, metrics, expected, intervals=intervals)
    return _main(board, ()), *(_categories(board, one) for one in board.standings)


def all_tables(
    frame: pd.DataFrame,
    *,
    metrics: Sequence[str] = HEADLINE_METRICS,
    expected: Expected = NOTHING_EXPECTED,
    intervals: Intervals = NO_INTERVALS,
    published: Iterable[PublishedResult] = (),
) -> tuple[Table, ...]:
    """Everything that a paper may need of these records.

    The main table, one table of categories a data set, the costs where any are recorded, and one
    ablation a method with several settings. Arguments and errors are those of ``main_table``.
    """
    board = Board.of(frame, metrics, expected, intervals=intervals, further=COST_COLUMNS)
    cost = cost_table_of(board)
    num_rows = board.frame.groupby("method")["row"].nunique()
    return (
        _main(board, published),
        *(_categories(board, one) for one in board.standings),
        *(() if cost is None else (cost,)),
        *(_ablation(board, str(method)) for method in num_rows[num_rows > 1].index),
    )


def _metric_columns(metrics: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(title=metric_title(metric)) for metric in metrics)


def _reported_rows(
    published: Iterable[PublishedResult], datasets: Sequence[str], metrics: Sequence[str]
) -> tuple[ReportedRow, ...]:
    """One row a published method, in the order given, where it has a number for the table."""
    of_methods: dict[str, dict[str, PublishedResult]] = {}
    for result in published:
        if result.dataset in datasets and not result.metrics.keys().isdisjoint(metrics):
            of_methods.setdefault(result.method, {})[result.dataset] = result
    return tuple(
        ReportedRow(
            label=method,
            entries=tuple(
                NOT_MEASURED if mean is None else Entry(mean=mean)
                for dataset in datasets
                for metric in metrics
                for mean in [results[dataset].metrics.get(metric) if dataset in results else None]
            ),
            source=_sources_text(list(results.values())),
        )
        for method, results in of_methods.items()
    )


def _sources_text(results: Sequence[PublishedResult]) -> str:
    """``its paper`` or, where data sets have sources of their own, ``mvtec_ad: its paper; btad: ...``."""
    datasets_of: dict[str, list[str]] = {}
    for result in results:
        datasets_of.setdefault(result.cited(), []).append(result.dataset)
    return "; ".join(f"{', '.join(datasets)}: {cited}" for cited, datasets in datasets_of.items())
