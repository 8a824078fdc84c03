"""ROC and PRO curves, one panel for each category: a thick line for the mean, a thin one for each seed."""

from collections.abc import Iterator, Mapping

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from harness.report.figures.lettering import width_inches, wrapped
from harness.report.figures.page import Page, panel_pages, width_of
from harness.report.figures.plot_types import Curve, CurveKind, CurvePanel, CurvePlot
from harness.report.figures.style import GRID, SMALL_POINTS, Look

_MAX_PANEL_INCHES = 2.4
_FRAME_INCHES = 0.45  # of a panel's width, for its ticks and the label of its axis
_SWATCH_INCHES = 0.32
_Y_LABEL: Mapping[CurveKind, str] = {"roc": "true positive rate (%)", "pro": "overlap of regions (%)"}
_REMARK: Mapping[CurveKind, str] = {"roc": "Numbers: AUROC in percent", "pro": "Numbers: AUPRO in percent"}


def draw_curves(plot: CurvePlot, looks: Mapping[str, Look], *, wide: bool) -> Iterator[Page]:
    """Figures of one or more pages, with as many panels beside each other as their labels leave room for."""
    across, texts = _arrangement(plot, width_of(wide), 4 if wide else 2)
    several = any(len(row.seeds) > 1 for panel in plot.panels for row in panel.rows)
    remark = _REMARK[plot.kind] + (", mean over seeds; thin lines are single seeds." if several else ".")
    pages = panel_pages(
        plot.heading,
        plot.panels,
        across=across,
        panel_inches=min(_MAX_PANEL_INCHES, width_of(wide) / across),
        wide=wide,
        remark=remark,
    )
    for page, panels in pages:
        for number, (axes, panel) in enumerate(panels):
            _draw_panel(axes, panel, plot.kind, looks, texts)
            axes.label_outer()
            if number % across == 0:
                axes.set_ylabel(_Y_LABEL[plot.kind])
            if number + across >= len(panels):  # below it is nothing, or the gap of the last row
                axes.tick_params(labelbottom=True)
            if number >= across * ((len(panels) - 1) // across):
                axes.set_xlabel("false positive rate (%)")
        yield page


def _arrangement(plot: CurvePlot, width: float, most: int) -> tuple[int, dict[str, str]]:
    """How many panels stand beside each other, and every label, in lines that fit one."""
    labels = {row.label for panel in plot.panels for row in panel.rows}
    widest = max(width_inches(f"100.0 {label}", SMALL_POINTS) for label in labels)
    across = min(most, len(plot.panels))
    while across > 1 and widest > _label_inches(width / across):
        across -= 1
    number_inches = width_inches("100.0 ", SMALL_POINTS)
    room = _label_inches(width / across) - number_inches
    return across, {label: "\n".join(wrapped(label, room, SMALL_POINTS)) for label in labels}


def _label_inches(panel_inches: float) -> float:
    return panel_inches - _FRAME_INCHES - _SWATCH_INCHES


def _draw_panel(
    axes: Axes, panel: CurvePanel, kind: CurveKind, looks: Mapping[str, Look], texts: Mapping[str, str]
) -> None:
    right = 100 if kind == "roc" else 30
    axes.set(xlim=(0, right), ylim=(0, 101), xticks=range(0, right + 1, right // 2 if right == 100 else 10))
    axes.set_yticks(range(0, 101, 25), ["0", "", "50", "", "100"])
    axes.set_title(panel.category, pad=3)
    if kind == "roc":
        axes.plot([0, 100], [0, 100], color=GRID, linewidth=0.8, label="chance")
    for row in reversed(panel.rows):  # the best on top
        look = looks[row.label]
        if len(row.seeds) > 1:
            for curve in row.seeds.values():
                _draw_curve(axes, curve, look, label=f"{row.label} seed", linewidth=0.4, alpha=0.45)
        _draw_curve(axes, row.mean, look, label=row.label, linestyle=look.dashes)
    handles = [Line2D([], [], color=looks[row.label].colour, linestyle=looks[row.label].dashes) for row in panel.rows]
    axes.legend(
        handles,
        # The number first: it cannot be taken for a hidden label, which begins with "_".
        [f"{100 * row.area:.1f} {texts[row.label]}" for row in panel.rows],
        loc="lower right",
        labelcolor=[looks[row.label].ink for row in panel.rows],
    )


def _draw_curve(axes: Axes, curve: Curve, look: Look, **line: object) -> None:
    axes.plot(100 * curve.fprs, 100 * curve.values, color=look.colour, clip_on=True, **line)  # type: ignore[arg-type]
