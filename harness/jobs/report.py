"""One HTML page of stored records, for people: it opens anywhere and needs nothing else."""

import shlex
from functools import cache
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RecordFilter, record_filter
from harness.config.flag import Flag
from harness.environment import without_credentials
from harness.jobs.chosen_records import ChosenRecords, chosen_splits, groups_in, with_scope
from harness.jobs.page_file import page_path, write_page, written_by
from harness.jobs.places import beside_results
from harness.jobs.split_notices import split_notices

if TYPE_CHECKING:
    from harness.report.html.report_types import SplitSection

TITLE = "Anomaly detection results"


def report(results: str | None = None, *, out: Path | str | None = None, **fields: Any) -> Path:
    """Write the page: leaderboards, curves, thresholds, heat maps and origin of records, one section a split.

    Args:
        results: Folder or address of the results; None for BENCH_RESULTS, else ``results``.
        out: The file; None for ``report.html`` in the results, or in the working directory if they are in an object
            store.
        **fields: Fields of ``RecordFilter``. Without ``split``, all splits are shown, each by its newest records.

    Returns:
        The path of the file, which is replaced as a whole or not at all.

    Raises:
        BenchError: There are no records, a name is unknown, or the file cannot be written.

    >>> import tempfile, harness
    >>> folder = tempfile.mkdtemp()
    >>> small = {"datasets": ["demo/board"], "protocol": {"image_size_px": 32}, "workers": 0}
    >>> done = harness.run(small, methods=["constant"], results=folder)
    >>> harness.report(folder).name
    'report.html'
    """
    from harness.report.html import ReportPage, render

    wanted = record_filter({**({} if results is None else {"results": results}), **fields})
    path = page_path(out, beside_results(wanted.results, "report.html"))
    chosen = chosen_splits(wanted)
    page = ReportPage(
        title=TITLE,
        notices=(),
        splits=tuple(_section(split, of_split, wanted) for split, of_split in chosen.items()),
        command=_command(wanted, path if out is not None else None),
        writer=written_by(),
    )
    return write_page(path, render(page, path.absolute().parent))


def _section(split: str, chosen: ChosenRecords, wanted: RecordFilter) -> "SplitSection":
    from harness.leaderboard import HEADLINE_METRICS, Board, category_table, intervals_of
    from harness.report.html import split_section

    # Intervals, curves and heat maps read the same parts.
    image_scores = cache(chosen.store.image_scores)
    groups = groups_in(wanted.data, chosen.frame)
    columns: dict[str, Any] = {"metrics": HEADLINE_METRICS, "expected": chosen.expected}
    intervals = intervals_of(chosen.frame, image_scores, groups=groups, **columns)
    board = Board.of(chosen.frame, intervals=intervals, **columns)
    tables = [category_table(board, one.dataset) for one in board.standings]
    panels = beside_results(wanted.results, "panels").absolute()

    def panel_files(dataset: str, category: str, cell_id: str) -> list[Path]:
        folder = panels / dataset / category
        return sorted(path for one in folder.glob(f"*-{escape(cell_id)}") for path in one.glob("*.png"))

    return split_section(
        split,
        board,
        with_scope(tables, chosen.frame, chosen.expected),
        image_scores,
        panel_files,
        expected=chosen.expected,
        notices=split_notices(split, chosen.frame, wanted.data, chosen.left_out),
    )


def _command(wanted: RecordFilter, out: Path | None) -> str:
    """The command that writes the page again from the same records."""
    parts = ["bench", "report"]
    for name, value in wanted.model_dump(exclude_none=True).items():
        if value is False:
            continue
        given = (each.name for each in RecordFilter.model_fields[name].metadata if isinstance(each, Flag))
        parts.append(next(given, None) or f"--{name.replace('_', '-')}")
        if value is not True:
            parts.append(",".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
    if out is not None:
        parts += ["--out", str(out)]
    return without_credentials(shlex.join(parts))
