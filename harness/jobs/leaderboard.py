"""The leaderboard: the main table and one of the categories for each data set that has several."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RecordFilter, record_filter
from harness.errors import printable
from harness.jobs.chosen_records import categories_of, chosen_records, with_scope
from harness.jobs.run import RunResult
from harness.leaderboard.record_selection import of_same_images

if TYPE_CHECKING:
    import pandas as pd

    from harness.leaderboard.tables import Table


def leaderboard(results: str | None = None, **fields: Any) -> "pd.DataFrame":
    """The records of a store, one a row, in the order of data set, category, method and seed.

    Args:
        results: Folder or address of the results; None for BENCH_RESULTS, else ``results``.
        **fields: Fields of ``RecordFilter``: ``datasets``, ``categories``, ``methods``, ``seeds``,
            ``protocols``, ``split``, ``limit``, ``corrupt``, ``contaminate``, ``regime``,
            ``all_variants``.

    Returns:
        A frame with the columns of ``RecordStore.frame``; metrics are fractions in [0, 1].

    Raises:
        BenchError: There are no records, a name is unknown, or no record has all that was asked for.

    >>> import tempfile, harness
    >>> folder = tempfile.mkdtemp()
    >>> small = {"datasets": ["demo/board"], "protocol": {"image_size_px": 32}, "workers": 0}
    >>> done = harness.run(small, methods=["constant"], results=folder)
    >>> harness.leaderboard(folder, methods=["constant"])["image_auroc"].tolist()
    [0.5]
    """
    return chosen_records(record_filter({**({} if results is None else {"results": results}), **fields})).frame


def board(wanted: RecordFilter, metrics: Sequence[str] | None = None) -> "list[Table]":
    """The tables of the records that a filter asks for; a mean with a missing cell is withheld.

    Raises:
        BenchError: A name or metric is unknown, or the records must not stand in one table.
    """
    chosen = chosen_records(wanted)
    return _tables(chosen.frame, chosen.expected, metrics, chosen.left_out)


def board_of_run(result: RunResult) -> "list[Table]":
    """The tables of a run's cells; none if no cell has a record."""
    if result.frame.empty:
        return []
    same = of_same_images(result.frame)
    left_out = f"Left out: {same.left_out}" if same.left_out else ""
    return _tables(same.frame, categories_of(result.cells), None, left_out)


def failures(wanted: RecordFilter) -> tuple[list[str], int]:
    """One line for each failed cell, and the number of all cells."""
    frame = chosen_records(wanted).frame
    rows = frame[frame["status"] == "failed"].to_dict("records")
    lines = [f"{row['dataset']}/{row['category']} {row['method']} seed {row['seed']}: {row['error']}" for row in rows]
    return list(map(printable, lines)), len(frame)


def export(wanted: RecordFilter, path: Path) -> Path:
    """Write the records to one Parquet or CSV file.

    Raises:
        BenchError: The name ends neither in ``.parquet`` nor in ``.csv``, there are no records, or the file cannot
            be written.
    """
    chosen = chosen_records(wanted)
    return chosen.store.export(path, chosen.frame["cell_id"])


def _tables(
    frame: "pd.DataFrame", expected: Mapping[str, Collection[str]], metrics: Sequence[str] | None, left_out: str = ""
) -> "list[Table]":
    from harness.leaderboard import HEADLINE_METRICS, Board, metric_tables

    made = metric_tables(Board.of(frame, metrics or HEADLINE_METRICS, expected=expected))
    main, *categories = with_scope(made, frame, expected, left_out)
    return [main, *(table for table in categories if len(table.rows) - table.num_summary_rows > 1)]
