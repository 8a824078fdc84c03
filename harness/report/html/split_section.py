"""One split of the page, computed from its records."""

from collections.abc import Sequence

import pandas as pd

from harness.leaderboard import Board, Expected
from harness.leaderboard.intervals import ImageScoresOf
from harness.leaderboard.tables import Table
from harness.phrasing import counted
from harness.report.figures.latency_plot import LATENCY, NAME, latency_plot
from harness.report.figures.plot_sheet import Sheet
from harness.report.figures.plot_types import LatencyPlot, LeftOut
from harness.report.html.gallery import PanelFilesOf, gallery_of
from harness.report.html.method_facts import commands_of, method_facts
from harness.report.html.report_types import DatasetSection, Notice, SplitSection
from harness.report.html.score_series import cell_scores

_MAX_FAILURES = 5


def split_section(
    split: str,
    board: Board,
    tables: Sequence[Table],
    image_scores: ImageScoresOf,
    panel_files: PanelFilesOf,
    *,
    expected: Expected,
    notices: Sequence[Notice] = (),
) -> SplitSection:
    """Lay out the records of one split.

    Args:
        split: Its name as the records have it.
        board: The records, all of this split.
        tables: One table of categories for each data set of the board, in its order.
        image_scores: Cell id to the scores of its test images.
        panel_files: The heat-map panels of a cell.
        expected: Data set to the categories that its mean needs.
        notices: What a reader must know first; failed cells and unknown code are added here.

    Raises:
        StoreError: Scores cannot be read.
    """
    datasets = []
    for one, table in zip(board.standings, tables, strict=True):
        finished = board.finished(one.dataset)
        datasets.append(
            DatasetSection(
                name=one.dataset,
                table=table,
                cells=cell_scores(finished, image_scores),
                gallery=gallery_of(one.dataset, finished, image_scores, panel_files),
            )
        )
    return SplitSection(
        split=split,
        notices=(*notices, *_failures(board.frame), *_uncommitted(board.frame)),
        datasets=tuple(datasets),
        latency=_quiet_latency(board.frame, expected),
        methods=method_facts(board.frame, board.best_first(board.standings)),
        commands=commands_of(board.frame),
    )


def _quiet_latency(frame: pd.DataFrame, expected: Expected) -> LatencyPlot | LeftOut:
    """Accuracy against latency, of costs that were measured on a quiet machine alone."""
    if not (frame["status"] == "ok").any():
        return LeftOut(name=NAME, reason="no cell is finished")
    # Costs that other work may have slowed down are as good as none.
    quiet = frame["is_quiet"].fillna(False).astype(bool)
    return latency_plot(Sheet.of(frame.assign(**{LATENCY: frame[LATENCY].where(quiet)}), expected=expected))


def _failures(frame: pd.DataFrame) -> list[Notice]:
    failed = frame[frame["status"] == "failed"]
    if failed.empty:
        return []
    shown = [
        f"{cell['dataset']}/{cell['category']} {cell['row']} seed {cell['seed']} ({cell['error']})"
        for cell in failed.head(_MAX_FAILURES).to_dict("records")
    ]
    rest = len(failed) - len(shown)
    more = f"; and {rest} more" if rest else ""
    text = f"{counted(len(failed), 'cell')} failed, and means that need them are withheld: {'; '.join(shown)}{more}."
    return [Notice(text=text, is_warning=True)]


def _uncommitted(frame: pd.DataFrame) -> list[Notice]:
    rows = sorted(frame.loc[frame["code_dirty"].astype(bool), "row"].unique())
    if not rows:
        return []
    return [Notice(text=f"The code had changes that were not committed when these ran: {', '.join(rows)}.")]
