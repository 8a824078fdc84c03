"""From records to tables of metrics: which numbers stand where."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from harness.errors import UnknownNameError
from harness.leaderboard.board import Board
from harness.leaderboard.cost_table import cost_table
from harness.leaderboard.intervals import MEAN
from harness.leaderboard.published_numbers import PublishedResult
from harness.leaderboard.standings import Standings, placed
from harness.leaderboard.tables import LOWER_MARK, NOT_MEASURED, Column, Entry, ReportedRow, Table
from harness.leaderboard.variants import ablation_of
from harness.metrics.catalogue import find_metric


def main_table(board: Board, published: Iterable[PublishedResult] = ()) -> Table:
    """Methods x data sets: means over categories and seeds, best method first.

    Args:
        board: The records.
        published: Results of others. Those on the table's data sets and metrics make a block of their own.
    """
    metrics = board.metrics
    rows = board.best_first(board.standings)
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
        entries=_mean_entries(board, board.standings, rows),
        reported=_reported_rows(published, datasets, metrics),
    )


def category_table(board: Board, dataset: str) -> Table:
    """Categories x methods of one data set, a group of columns a metric, and the mean as last row.

    Raises:
        UnknownNameError: The board has no record of the data set.
    """
    found = {one.dataset: one for one in board.standings}
    if dataset not in found:
        raise UnknownNameError.of("data set", dataset, found)
    one = found[dataset]
    methods = board.best_first([one])

    def line(entry_of: Callable[[str, str], Entry]) -> tuple[Entry, ...]:
        return tuple(
            entry for metric in board.metrics for entry in _placed([entry_of(row, metric) for row in methods], metric)
        )

    return board.table(
        [one],
        {row: row for row in methods},
        metrics=board.metrics,
        name=f"categories_{dataset}",
        title=f"Categories of {dataset}",
        row_title="Category",
        groups=tuple(column.title for column in _metric_columns(board.metrics)),
        columns=tuple(Column(title=row) for row in methods),
        rows=(*one.categories, MEAN),
        entries=(
            *(line(partial(board.category, one, category)) for category in one.categories),
            line(partial(board.mean, one)),
        ),
        num_summary_rows=1,
    )


def ablation_table(board: Board, method: str, *, reference: str | None = None, controls: Sequence[str] = ()) -> Table:
    """Settings of one method x data sets: each row is called by what it changes of the reference.

    The reference stands first and is in the caption; ``ablation_of`` says which settings it is.

    Args:
        board: Records of this and any other method.
        method: Its name.
        reference: Its settings as records have them, where they are known.
        controls: Other methods, each with a row of its own below.

    Raises:
        UnknownNameError: The board has no record of the method.
    """
    of_method = board.frame[board.frame["method"] == method]
    if of_method.empty:
        raise UnknownNameError.of("method", method, board.frame["method"].unique())
    ablation = ablation_of(of_method, of_method["row"], reference)
    of_controls = board.frame[board.frame["method"].isin(list(controls))]["row"]
    labels = ablation.labels | {row: f"control: {row}" for row in of_controls.unique()}
    shown = [one for one in board.standings if not labels.keys().isdisjoint(one.rows)]
    return board.table(
        shown,
        labels,
        metrics=board.metrics,
        # A method of the user's own is called MODULE:CLASS, and not every file system allows a colon in a name.
        name=f"ablation_{method.replace(':', '.')}",
        title=f"Settings of {method}, mean over the categories of each data set",
        row_title="Change",
        groups=tuple(one.dataset for one in shown),
        columns=_metric_columns(board.metrics),
        rows=tuple(labels.values()),
        entries=_mean_entries(board, shown, list(labels)),
        remarks=(f"Reference: {ablation.reference}.",) if ablation.reference else (),
    )


def metric_tables(board: Board, published: Iterable[PublishedResult] = ()) -> tuple[Table, ...]:
    """The main table and one table of categories a data set."""
    return main_table(board, published), *(category_table(board, one.dataset) for one in board.standings)


def all_tables(board: Board, published: Iterable[PublishedResult] = ()) -> tuple[Table, ...]:
    """Everything that a paper may need: ``metric_tables``, costs, and one ablation a method with several settings."""
    cost = cost_table(board)
    num_rows = board.frame.groupby("method")["row"].nunique()
    return (
        *metric_tables(board, published),
        *(() if cost is None else (cost,)),
        *(ablation_table(board, str(method)) for method in num_rows[num_rows > 1].index),
    )


def _mean_entries(board: Board, standings: Sequence[Standings], rows: Sequence[str]) -> tuple[tuple[Entry, ...], ...]:
    columns = [
        _placed([board.mean(one, row, metric) for row in rows], metric) for one in standings for metric in board.metrics
    ]
    return tuple(zip(*columns, strict=True))


def _placed(entries: Sequence[Entry], metric: str) -> list[Entry]:
    return placed(entries, lower_is_better=not find_metric(metric).higher_is_better)


def _metric_columns(metrics: Sequence[str]) -> tuple[Column, ...]:
    found = map(find_metric, metrics)
    return tuple(Column(title=one.title if one.higher_is_better else f"{one.title} {LOWER_MARK}") for one in found)


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
    """The data sets of each source, e.g. ``mvtec_ad, visa: its paper; btad: ...``."""
    datasets_of: dict[str, list[str]] = {}
    for result in results:
        datasets_of.setdefault(result.cited(), []).append(result.dataset)
    return "; ".join(f"{', '.join(datasets)}: {cited}" for cited, datasets in datasets_of.items())
