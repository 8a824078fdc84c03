"""The tables of a paper, from stored records to LaTeX, Markdown and CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import record_filter
from harness.errors import SettingsError, UnknownNameError
from harness.jobs.chosen_records import chosen_records, groups_in, with_scope
from harness.jobs.places import beside_results
from harness.leaderboard import HEADLINE_METRICS, Board, all_tables, intervals_of
from harness.leaderboard.published_numbers import load_published
from harness.regimes import ONE_CLASS
from harness.report.table_files import write_tables
from harness.report.wording import SPREADS

if TYPE_CHECKING:
    from harness.report import Environment


def tables(
    results: str | None = None,
    *,
    out: Path | str | None = None,
    metrics: Sequence[str] | None = None,
    spread: str = "std",
    reported: bool = False,
    wide: bool = False,
    longtable: bool = False,
    standalone: bool = False,
    **fields: Any,
) -> list[Path]:
    """Write the tables of stored records: methods x data sets, categories, costs, and settings of each method.

    Args:
        results: Folder or address of the results; None for BENCH_RESULTS, else ``results``.
        out: Folder for the files; None for ``tables`` below the results.
        metrics: Columns of records; None for the headline metrics.
        spread: What follows each mean: ``std``, ``interval`` (95 % bootstrap) or ``none``.
        reported: Whether published numbers stand in a block below the main table, never ranked.
        wide: LaTeX over both columns of a two-column paper.
        longtable: LaTeX that breaks across pages.
        standalone: Complete LaTeX documents.
        **fields: Fields of ``RecordFilter``.

    Returns:
        The paths of the files.

    Raises:
        BenchError: There are no records, a name is unknown, or two choices exclude each other.

    >>> import tempfile, harness
    >>> folder = tempfile.mkdtemp()
    >>> small = {"datasets": ["demo/board"], "protocol": {"image_size_px": 32}, "workers": 0}
    >>> done = harness.run(small, methods=["constant"], results=folder)
    >>> sorted({path.suffix for path in harness.tables(folder)})
    ['.csv', '.md', '.tex']
    """
    wanted = record_filter({**({} if results is None else {"results": results}), **fields})
    if spread not in SPREADS:
        raise UnknownNameError.of("spread", spread, SPREADS)
    if wide and longtable:
        raise SettingsError(
            "Expected one of --wide and --longtable, got both: LaTeX has no long tables over two columns."
        )
    if reported and wanted.regime not in (None, ONE_CLASS):
        raise SettingsError(f"--reported: published numbers are those of {ONE_CLASS}, got --regime {wanted.regime}.")
    chosen = chosen_records(wanted)
    columns: dict[str, Any] = {"metrics": tuple(metrics or HEADLINE_METRICS), "expected": chosen.expected}
    if spread == "interval":
        groups = groups_in(wanted.data, chosen.frame)
        columns["intervals"] = intervals_of(chosen.frame, chosen.store.image_scores, groups=groups, **columns)
    published = load_published() if reported else ()
    computed = all_tables(Board.of(chosen.frame, **columns), published)
    made = with_scope(computed, chosen.frame, chosen.expected, chosen.left_out)
    if reported and not made[0].reported:
        known = ", ".join(sorted({result.dataset for result in published}))
        raise SettingsError(
            f"--reported: no published number fits the main table ({', '.join(made[0].groups)}; "
            f"{', '.join(column.title for column in made[0].columns)}). There are some for {known}."
        )
    environment: Environment | None = "table*" if wide else "longtable" if longtable else None
    folder = beside_results(wanted.results, "tables") if out is None else Path(out)
    return write_tables(made, folder, standalone=standalone, environment=environment, spread=spread)
