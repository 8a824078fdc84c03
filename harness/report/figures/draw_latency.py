"""Accuracy against the time of one image: a panel a data set, every point named beside it."""

from collections.abc import Iterator, Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from harness.report.figures.naming import name_points
from harness.report.figures.page import Page, panel_pages
from harness.report.figures.plot_types import LatencyPanel, LatencyPlot
from harness.report.figures.style import MUTED, Look

_PANEL_INCHES = 2.2
_MIN_LATENCY_RATIO = 5.0  # of the axis' ends: less shows one tick and no more
_MIN_SCORE_SPAN = 3.0  # percentage points


_RANKED = "Measured on an otherwise quiet machine. Line: Pareto front."
_UNRANKED = "Other work may have run on the machine, so no Pareto front is drawn."


def draw_latency(plot: LatencyPlot, looks: Mapping[str, Look], *, wide: bool) -> Iterator[Page]:
    """Figures of one or more pages."""
    pages = panel_pages(
        plot.heading,
        plot.panels,
        across=2 if wide else 1,
        panel_inches=_PANEL_INCHES,
        wide=wide,
        remark=f"Batch 1 on {plot.machine}, medians. {_RANKED if plot.is_quiet else _UNRANKED}",
    )
    for page, panels in pages:
        fronts = [_draw_panel(axes, panel, looks) for axes, panel in panels]
        # Names need the final place of the axes, and must not move it.
        page.figure.draw_without_rendering()
        page.figure.set_layout_engine("none")
        for (axes, panel), front in zip(panels, fronts, strict=True):
            name_points(
                axes,
                [(1000 * point.latency_seconds, 100 * point.image_auroc) for point in panel.points],
                [(point.label, looks[point.label]) for point in panel.points],
                avoiding=front,
            )
        yield page


def _draw_panel(axes: Axes, panel: LatencyPanel, looks: Mapping[str, Look]) -> list[tuple[float, float]]:
    """Draw everything but the names; gives the corners of the front."""
    latencies_ms = [1000 * point.latency_seconds for point in panel.points]
    scores = [100 * point.image_auroc for point in panel.points]
    left, right = min(latencies_ms), max(latencies_ms)
    widening = max(1.5, (_MIN_LATENCY_RATIO * left / right) ** 0.5)
    low, high = min(scores), max(scores)
    margin = max(0.12 * (high - low), (_MIN_SCORE_SPAN - (high - low)) / 2)
    axes.set_xscale("log")
    axes.set_xlim(left / widening, right * widening)
    axes.set_ylim(low - margin, min(high + margin, 100.4))
    axes.xaxis.set_major_locator(LogLocator(subs=_ticks_of_decade(widening**2 * right / left)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("latency p50 of one image (ms)")
    axes.set_ylabel("image AUROC (%)")
    axes.set_title(panel.title, pad=3)
    front = _corners(panel, right * widening)
    if front:
        axes.plot(*zip(*front, strict=True), color=MUTED, linewidth=0.7, zorder=1.5, label="front")
    for point in panel.points:
        look = looks[point.label]
        axes.plot(
            1000 * point.latency_seconds,
            100 * point.image_auroc,
            color=look.colour,
            marker=look.marker,
            linestyle="none",
            markersize=5,
            clip_on=False,
            zorder=3,
            label=point.label,
        )
    return front


def _corners(panel: LatencyPanel, right_ms: float) -> list[tuple[float, float]]:
    """The front as steps that begin at the latency of each point; empty without a front."""
    corners: list[tuple[float, float]] = []
    for point in panel.points:
        if point.is_on_front:
            latency_ms, score = 1000 * point.latency_seconds, 100 * point.image_auroc
            corners += [(latency_ms, corners[-1][1])] if corners else []
            corners.append((latency_ms, score))
    return [*corners, (right_ms, corners[-1][1])] if corners else []


def _ticks_of_decade(ratio: float) -> tuple[float, ...]:
    """Where a decade of an axis has ticks, by the ratio of the axis' ends."""
    if ratio < 15:
        return (1.0, 2.0, 3.0, 5.0, 7.0)
    return (1.0, 2.0, 5.0) if ratio < 300 else (1.0,)
