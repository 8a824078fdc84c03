"""The figures of a paper, from stored records to PDF and PNG."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import RecordFilter
from harness.jobs.chosen_records import chosen_records, few_shot_records, groups_in
from harness.jobs.places import beside_results

if TYPE_CHECKING:
    from harness.report.figures.plot_types import PlotSet


def figures(wanted: RecordFilter, *, out: Path | None = None, wide: bool = False) -> "tuple[list[Path], PlotSet]":
    """Draw accuracy against latency, every category with intervals, ROC and PRO curves, critical differences, shots.

    Accuracy against shots is drawn where there are records of few-shot regimes, whichever regime is asked for.

    Args:
        wanted: Which records.
        out: Folder for the files; None for ``figures`` below the results.
        wide: As wide as a page, not as one of two columns.

    Returns:
        The paths of the files, and the plots with what is left out of each and why.

    Raises:
        BenchError: There are no records, or they must not stand in one figure.
    """
    from harness.leaderboard import intervals_of
    from harness.report.figures import write_figures
    from harness.report.figures.all_plots import all_plots

    chosen = chosen_records(wanted)
    scores = chosen.store.image_scores
    groups = groups_in(wanted.data, chosen.frame)
    intervals = intervals_of(chosen.frame, scores, ["image_auroc"], expected=chosen.expected, groups=groups)
    few_shots = few_shot_records(wanted)
    made = all_plots(chosen.frame, scores, intervals=intervals, expected=chosen.expected, few_shots=few_shots)
    made = replace(made, left_out_records=chosen.left_out)
    return list(write_figures(made, out or beside_results(wanted.results, "figures"), wide=wide)), made
