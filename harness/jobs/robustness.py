"""What methods lose under corruption and contamination: a table and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import RecordFilter
from harness.errors import StoreError
from harness.jobs.chosen_records import asked_records, chosen_records, with_scope
from harness.jobs.places import beside_results
from harness.leaderboard import HEADLINE_METRICS
from harness.leaderboard.robustness import DISTURBANCES, Robustness
from harness.phrasing import counted
from harness.regimes import ONE_CLASS

if TYPE_CHECKING:
    from harness.leaderboard.tables import Table
    from harness.report.figures.plot_types import PlotSet


@dataclass(frozen=True, kw_only=True)
class RobustnessResult:
    """What the records say."""

    table: "Table"
    """A row for each method and disturbance."""
    plots: "PlotSet"
    """One figure a metric."""
    paths: tuple[Path, ...]
    """The files of table and figures."""


def robustness(
    wanted: RecordFilter, *, metrics: Sequence[str] | None = None, out: Path | None = None, wide: bool = False
) -> RobustnessResult:
    """Set every disturbed cell against the undisturbed one with the same method, settings, seed, category and split.

    Args:
        wanted: Which records; its ``corrupt`` and ``contaminate`` are not used.
        metrics: Columns of records; None for the headline metrics.
        out: Folder for the files; None for ``robustness`` below the results.
        wide: As wide as a page, not as one of two columns.

    Raises:
        BenchError: There are no disturbed cells with an undisturbed partner, or a name is wrong.
    """
    from harness.report import write_tables
    from harness.report.figures import write_figures
    from harness.report.figures.robustness_plot import robustness_plots

    wanted = wanted.model_copy(update={**dict.fromkeys(DISTURBANCES), "regime": wanted.regime or ONE_CLASS})
    records = asked_records(wanted)
    disturbed = records[records[list(DISTURBANCES)].notna().any(axis=1)]
    clean = chosen_records(wanted)
    found = Robustness.of(
        clean.frame,
        disturbed,
        clean.store.image_scores,
        metrics=tuple(metrics or HEADLINE_METRICS),
        expected=clean.expected,
    )
    num_paired = len(found.board.frame) - len(clean.frame)
    if not num_paired:
        raise StoreError(
            "Expected disturbed cells beside the same cells undisturbed, got none. Run 'bench run' once without and "
            "once with --corrupt or --contaminate."
        )
    alone = counted(len(disturbed) - num_paired, "disturbed record")
    left_out = f"Left out: {alone} without an undisturbed one" if num_paired < len(disturbed) else ""
    (table,) = with_scope([found.table()], clean.frame, clean.expected, left_out)
    plots = robustness_plots(found)
    folder = out or beside_results(wanted.results, "robustness")
    paths = (*write_tables([table], folder), *write_figures(plots, folder, wide=wide))
    return RobustnessResult(table=table, plots=plots, paths=paths)
