"""A metric against the values of settings: one panel a factor, whiskers over seeds, a ring around the reference."""

from collections.abc import Iterator, Mapping

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from harness.report.figures.page import Page, panel_pages, panels_across
from harness.report.figures.plot_types import AblationPlot, FactorLine, FactorPanel
from harness.report.figures.style import INK, Look

_PANEL_INCHES = 1.9
_CONTROL = (0, (4, 1.2))
_MIN_SPAN = 2.0  # percentage points: less would make noise look like an effect


def draw_ablation(plot: AblationPlot, looks: Mapping[str, Look], *, wide: bool) -> Iterator[Page]:
    """Figures of one or more pages, with as many panels beside each other as their values leave room for."""
    across = panels_across([panel.values for panel in plot.panels], wide=wide)
    pages = panel_pages(
        plot.heading,
        plot.panels,
        across=across,
        panel_inches=_PANEL_INCHES,
        wide=wide,
        remark=_remark(plot),
    )
    for page, panels in pages:
        for number, (axes, panel) in enumerate(panels):
            _draw_panel(axes, panel, looks)
            if number == 0:
                _write_legend(axes, plot, looks)
            if number % across == 0:
                axes.set_ylabel(f"{plot.metric} (%)")
        yield page


def _remark(plot: AblationPlot) -> str:
    points = [point for panel in plot.panels for line in panel.lines for point in line.points if point is not None]
    texts = ["Ring: reference."] if any(point.is_reference for point in points) else []
    texts += ["Whiskers: standard deviation over seeds."] if any(point.std is not None for point in points) else []
    texts += ["Level lines: controls."] if any(panel.controls for panel in plot.panels) else []
    return " ".join(texts)


def _draw_panel(axes: Axes, panel: FactorPanel, looks: Mapping[str, Look]) -> None:
    for line in panel.lines:
        _draw_line(axes, line, looks[line.label])
    for label, mean in panel.controls.items():
        axes.axhline(100 * mean, color=looks[label].colour, linestyle=_CONTROL, linewidth=0.9, zorder=1.5, label=label)
    axes.set_xlim(-0.4, len(panel.values) - 0.6)
    axes.set_xticks(range(len(panel.values)), panel.values)
    axes.set_xlabel(panel.factor)
    axes.set_title(panel.title, pad=3)
    low, high = axes.get_ylim()
    if high - low < _MIN_SPAN:
        middle = (low + high) / 2
        axes.set_ylim(middle - _MIN_SPAN / 2, middle + _MIN_SPAN / 2)


def _write_legend(axes: Axes, plot: AblationPlot, looks: Mapping[str, Look]) -> None:
    """Once a page, for all panels."""
    lines = list(dict.fromkeys(line.label for panel in plot.panels for line in panel.lines))
    controls = list(dict.fromkeys(label for panel in plot.panels for label in panel.controls))
    if len(lines) + len(controls) > 1:
        curves = [Line2D([], [], color=looks[label].colour, marker=looks[label].marker) for label in lines]
        levels = [Line2D([], [], color=looks[label].colour, linestyle=_CONTROL) for label in controls]
        axes.legend(
            [*curves, *levels],
            # A label that begins with "_" would be a hidden one; a space before it shows nothing.
            [f" {label}" for label in (*lines, *controls)],
            loc="best",
        )


def _draw_line(axes: Axes, line: FactorLine, look: Look) -> None:
    there = [(place, point) for place, point in enumerate(line.points) if point is not None]
    if not there:
        return
    places, means = [place for place, _ in there], [100 * point.mean for _, point in there]
    axes.plot(places, means, color=look.colour, marker=look.marker, linestyle=look.dashes, zorder=3, label=line.label)
    for place, point in there:
        if point.std is not None:
            ends = [100 * (point.mean - point.std), 100 * (point.mean + point.std)]
            axes.plot([place, place], ends, color=look.colour, linewidth=0.8, label=f"{line.label} spread")
        if point.is_reference:
            axes.plot(
                place,
                100 * point.mean,
                marker="o",
                markersize=8,
                markerfacecolor="none",
                markeredgecolor=INK,
                markeredgewidth=0.7,
                linestyle="none",
                zorder=4,
                label="reference",
            )
