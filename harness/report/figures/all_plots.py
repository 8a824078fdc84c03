"""Every plot that some records allow."""

from collections.abc import Iterator

import pandas as pd

from harness.leaderboard.intervals import ImageScoresOf, Intervals
from harness.leaderboard.standings import Expected
from harness.report.figures.category_plot import category_plot
from harness.report.figures.curve_plot import curve_plot
from harness.report.figures.latency_plot import latency_plot
from harness.report.figures.plot_sheet import Sheet
from harness.report.figures.plot_types import AblationPlot, LeftOut, Plot, PlotSet
from harness.report.figures.rank_plot import rank_plot
from harness.report.figures.shots_plot import shots_plots


def all_plots(
    frame: pd.DataFrame,
    image_scores: ImageScoresOf,
    *,
    intervals: Intervals,
    expected: Expected,
    few_shots: pd.DataFrame | None = None,
) -> PlotSet:
    """Accuracy against latency; categories, ROC and PRO curves of each data set; the ranks over all; shots.

    Args:
        frame: Records as ``select`` returns them.
        image_scores: Cell id to the scores of its test images.
        intervals: Of the image AUROC of categories and means, as far as they are known.
        expected: Data set to the categories that its mean needs, with or without records.
        few_shots: Records for ``shots_plots``, whatever the regime of the others; None without any.

    Raises:
        StoreError: No cell is finished, the records must not stand in one table (see ``select``), or
            scores cannot be read.
    """
    sheet = Sheet.of(frame, expected=expected, intervals=intervals)
    made = list(_all(sheet, image_scores))
    if few_shots is not None:
        made += shots_plots(few_shots, expected=expected)
    shots = [one for one in made if isinstance(one, AblationPlot)]
    of_shots = [line.label for one in shots for panel in one.panels for line in panel.lines]
    return PlotSet.of([*sheet.rows, *of_shots], made)


def _all(sheet: Sheet, image_scores: ImageScoresOf) -> Iterator[Plot | LeftOut]:
    yield latency_plot(sheet)
    for one in sheet.standings:
        yield category_plot(sheet, one)
        yield curve_plot(sheet, one, "roc", image_scores)
        yield curve_plot(sheet, one, "pro", image_scores)
    yield rank_plot(sheet)
