"""Figures as files beside each other: PDF for a paper, PNG for the screen."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from matplotlib.figure import Figure

from harness.atomic_files import write_result
from harness.report.figures.draw_ablation import draw_ablation
from harness.report.figures.draw_categories import draw_categories
from harness.report.figures.draw_curves import draw_curves
from harness.report.figures.draw_latency import draw_latency
from harness.report.figures.draw_ranks import draw_ranks
from harness.report.figures.draw_study import draw_importances, draw_trials
from harness.report.figures.page import Page
from harness.report.figures.plot_types import (
    AblationPlot,
    CategoryPlot,
    CurvePlot,
    ImportancePlot,
    LatencyPlot,
    Plot,
    PlotSet,
    RankPlot,
    TrialPlot,
)
from harness.report.figures.style import Look, drawing, looks_of


def draw(plot: Plot, looks: Mapping[str, Look], *, wide: bool = False) -> Iterator[Page]:
    """The figures of one plot: one, or several where its panels do not fit a page.

    Args:
        plot: What to draw.
        looks: Row label to its look, for every label of the plot.
        wide: As wide as a page (6.9 inches), not one of two columns (3.3).
    """
    match plot:
        case LatencyPlot():
            return draw_latency(plot, looks, wide=wide)
        case CategoryPlot():
            return draw_categories(plot, looks, wide=wide)
        case CurvePlot():
            return draw_curves(plot, looks, wide=wide)
        case RankPlot():
            return draw_ranks(plot, looks, wide=wide)
        case AblationPlot():
            return draw_ablation(plot, looks, wide=wide)
        case TrialPlot():
            return draw_trials(plot, wide=wide)
        case ImportancePlot():
            return draw_importances(plot, wide=wide)


def write_figures(plots: PlotSet, out_dir: Path, *, wide: bool = False) -> Iterator[Path]:
    """Write ``NAME.pdf`` and ``NAME.png`` for each figure, in place of older ones, each when it is drawn.

    A row of the leaderboard looks the same in all of them.

    Args:
        plots: What to draw; names are file names.
        out_dir: Made when missing.
        wide: As wide as a page, not as a column.

    Yields:
        The files, in the order of the plots.

    Raises:
        StoreError: A file cannot be written.
    """
    looks = looks_of(plots.labels)
    for plot in plots.plots:
        with drawing():
            contents = [(page.name, _encoded(page.figure)) for page in draw(plot, looks, wide=wide)]
        for name, encoded in contents:
            for suffix, content in encoded.items():
                yield _written(out_dir / f"{name}.{suffix}", content)


def _encoded(figure: Figure) -> dict[str, bytes]:
    # Without a date, equal figures are equal bytes.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, the same for every format
    metadata = {"pdf": {"CreationDate": None}, "png": {}}
    encoded = {}
    for suffix, of_format in metadata.items():
        stream = io.BytesIO()
        figure.savefig(stream, format=suffix, metadata=of_format)
        encoded[suffix] = stream.getvalue()
    return encoded


def _written(path: Path, content: bytes) -> Path:
    write_result(path, content)
    return path
