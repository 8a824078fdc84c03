"""Trials of a search: history, slices and Pareto front as panels of points; importances as bars."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from harness.report.figures.lettering import height_inches, wrapped
from harness.report.figures.page import Page, new_page, panel_pages, panels_across
from harness.report.figures.plot_types import ImportancePlot, TrialAxis, TrialPanel, TrialPlot
from harness.report.figures.style import INK, MUTED, SMALL_POINTS, TEXT_POINTS, looks_of

_TRIAL, _WINNER, _DEFAULT = (look.colour for look in looks_of(("trial", "winner", "default")).values())
_PANEL_INCHES = 1.6
_SINGLE_INCHES = 2.6
_BAR_INCHES = 0.2
_NAME_PAD_INCHES = 0.1


def draw_trials(plot: TrialPlot, *, wide: bool) -> Iterator[Page]:
    """Figures of one or more pages, with as many panels beside each other as their choices leave room for."""
    height = _SINGLE_INCHES if len(plot.panels) == 1 else _PANEL_INCHES
    across = panels_across([panel.x.choices for panel in plot.panels], wide=wide)
    remark = f"Star: winner. Diamond: default. {f'Line: {plot.line}.' if plot.line else ''}"
    pages = panel_pages(plot.heading, plot.panels, across=across, panel_inches=height, wide=wide, remark=remark.strip())
    for page, panels in pages:
        for number, (axes, panel) in enumerate(panels):
            _draw_panel(axes, panel)
            if number % across == 0:
                axes.set_ylabel("\n".join(wrapped(_title(panel.y), height - 0.5, TEXT_POINTS)))
        yield page


def draw_importances(plot: ImportancePlot, *, wide: bool) -> Iterator[Page]:
    """One figure with a bar for each parameter, the largest on top."""
    names, shares = list(plot.shares), [100 * share for share in plot.shares.values()]
    height = _BAR_INCHES * len(names) + height_inches(3, TEXT_POINTS)
    page = new_page(plot.heading, height, wide=wide, remark="PED-ANOVA.")
    # The layout is made at screen resolution, at which names are a little narrower than in print.
    page.figure.set_layout_engine("constrained", rect=page.body, w_pad=_NAME_PAD_INCHES)
    axes = page.figure.subplots()
    axes.barh(range(len(names)), shares, height=0.6, color=_TRIAL)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    for place, share in enumerate(shares):
        axes.annotate(
            f"{share:.1f}",
            (share, place),
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            color=INK,
        )
    axes.set_xlim(0, 1.1 * max(shares))
    axes.set_xlabel("importance (%)")
    yield page


def _draw_panel(axes: Axes, panel: TrialPanel) -> None:
    x_scale, y_scale = (100 if axis.is_fraction else 1 for axis in (panel.x, panel.y))
    points = [(x_scale * point.x, y_scale * point.y) for point in panel.points]
    _set_up_x(axes, panel.x)
    if panel.steps:
        corners = [(x_scale * x, y_scale * y) for x, y in panel.steps]
        axes.plot(*zip(*corners, strict=True), color=MUTED, linewidth=0.8, zorder=1.5, label="line")
    marked = [point.is_winner or point.is_default for point in panel.points]
    others = [place for place, is_marked in zip(points, marked, strict=True) if not is_marked]
    if others:
        axes.plot(
            *zip(*others, strict=True),
            color=_TRIAL,
            marker="o",
            linestyle="none",
            markersize=3,
            alpha=0.6,
            label="trial",
        )
    for place, point in zip(points, panel.points, strict=True):
        if point.is_default:
            axes.plot(*place, color=_DEFAULT, marker="D", markersize=5, linestyle="none", zorder=3, label="default")
        if point.is_winner:
            axes.plot(
                *place,
                color=_WINNER,
                marker="*",
                markersize=9,
                markeredgecolor="white",
                markeredgewidth=0.5,
                linestyle="none",
                zorder=4,
                label="winner",
            )
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _set_up_x(axes: Axes, axis: TrialAxis) -> None:
    axes.set_xlabel(_title(axis))
    if axis.choices:
        axes.set_xticks(range(len(axis.choices)), axis.choices)
        axes.set_xlim(-0.5, len(axis.choices) - 0.5)
    elif axis.is_log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=5))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=axis.is_whole, min_n_ticks=1))
        axes.margins(x=0.08)


def _title(axis: TrialAxis) -> str:
    return f"{axis.title} (%)" if axis.is_fraction else axis.title
