"""Critical-difference diagram: mean ranks on a line, a bar over rows that cannot be told apart.

Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets" (JMLR 7, 2006), figure 1.
Drawn in inches, from the upper left corner of the free space.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.report.figures.lettering import height_inches, width_inches, wrapped
from harness.report.figures.page import Page, new_page, width_of
from harness.report.figures.plot_types import RankPlot
from harness.report.figures.style import INK, MUTED, SMALL_POINTS, Look

_TOP_INCHES = 0.42
"""Distance of the line of ranks from the top: room for the critical difference and the numbers above it."""
_CLIQUE_INCHES = 0.07
_NAME_SHARE = 0.3
"""Share of the width that the names on each side may take."""


@dataclass(frozen=True)
class _Name:
    """One row's name, on the left or the right of the line."""

    label: str
    lines: tuple[str, ...]
    middle: float
    is_left: bool


def draw_ranks(plot: RankPlot, looks: Mapping[str, Look], *, wide: bool) -> Iterator[Page]:
    """One figure."""
    width = width_of(wide)
    texts = {
        label: tuple(wrapped(f"{label} {rank:.2f}", _NAME_SHARE * width, SMALL_POINTS))
        for label, rank in plot.mean_ranks.items()
    }
    top = _TOP_INCHES + _CLIQUE_INCHES * (len(plot.cliques) + 1) + 0.05
    names = _names(texts, top)
    height = max(name.middle + height_inches(len(name.lines), SMALL_POINTS) / 2 for name in names) + 0.05
    page = new_page(plot.heading, height, wide=wide, remark=_remark(plot))
    page.figure.set_layout_engine("none")
    axes = page.figure.add_axes(page.body)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    widest = max(width_inches(line, SMALL_POINTS) for name in names for line in name.lines)
    scale = _Scale(left=widest + 0.2, right=width - widest - 0.2, num_rows=len(texts))
    _draw_line(axes, scale, plot.critical_difference)
    for number, clique in enumerate(plot.cliques, start=1):
        ranks = [plot.mean_ranks[label] for label in clique]
        axes.plot(
            [scale(min(ranks)) - 0.03, scale(max(ranks)) + 0.03],
            [_TOP_INCHES + _CLIQUE_INCHES * number] * 2,
            color=INK,
            linewidth=2.2,
            solid_capstyle="butt",
            label="clique",
        )
    for name in names:
        _draw_name(axes, name, scale(plot.mean_ranks[name.label]), width, widest, looks[name.label])
    yield page


@dataclass(frozen=True)
class _Scale:
    """Ranks to inches from the left; 1 is left."""

    left: float
    right: float
    num_rows: int

    def __call__(self, rank: float) -> float:
        return self.left + (rank - 1) / (self.num_rows - 1) * (self.right - self.left)


def _remark(plot: RankPlot) -> str:
    # No-break spaces: a number does not begin a line of its own.
    p_value = plot.friedman_p_value
    shown = None if p_value is None else "<\u00a00.001" if p_value < 0.001 else f"{p_value:.3f}"
    friedman = "" if shown is None else f"Friedman p\u00a0{shown}; "
    return f"1 is best. {friedman}Nemenyi at\u00a00.05: bars join what cannot be told apart."


def _names(texts: Mapping[str, Sequence[str]], top: float) -> list[_Name]:
    """The better half on the left from top to bottom, the others on the right from bottom to top."""
    labels = list(texts)
    half = (len(labels) + 1) // 2
    names = []
    for side, is_left in ((labels[:half], True), (labels[half:][::-1], False)):
        below = top
        for label in side:
            height = height_inches(len(texts[label]), SMALL_POINTS) + 0.04
            names.append(_Name(label=label, lines=tuple(texts[label]), middle=below + height / 2, is_left=is_left))
            below += height
    return names


def _draw_line(axes: Axes, scale: _Scale, critical_difference: float) -> None:
    axes.plot([scale.left, scale.right], [_TOP_INCHES] * 2, color=INK, linewidth=0.8, label="ranks")
    for rank in range(1, scale.num_rows + 1):
        axes.plot([scale(rank)] * 2, [_TOP_INCHES - 0.04, _TOP_INCHES], color=INK, linewidth=0.8, label="tick")
        axes.text(scale(rank), _TOP_INCHES - 0.06, str(rank), ha="center", va="bottom", fontsize=SMALL_POINTS)
    ends = [scale.left, scale(1 + critical_difference)]
    axes.plot(ends, [0.14, 0.14], color=MUTED, linewidth=0.8, marker="|", markersize=4, label="critical difference")
    axes.text(
        sum(ends) / 2,
        0.12,
        f"critical difference {critical_difference:.2f}",
        ha="center",
        va="bottom",
        fontsize=SMALL_POINTS,
        color=MUTED,
    )


def _draw_name(axes: Axes, name: _Name, at: float, width: float, widest: float, look: Look) -> None:
    edge = widest + 0.1 if name.is_left else width - widest - 0.1
    axes.plot(
        [at, at, edge],
        [_TOP_INCHES, name.middle, name.middle],
        color=look.colour,
        linewidth=0.8,
        label=name.label,
    )
    axes.plot(at, _TOP_INCHES, color=look.colour, marker=look.marker, markersize=4, clip_on=False, zorder=3)
    axes.text(
        edge - 0.04 if name.is_left else edge + 0.04,
        name.middle,
        "\n".join(name.lines),
        ha="right" if name.is_left else "left",
        va="center",
        fontsize=SMALL_POINTS,
        linespacing=1.1,
        color=look.ink,
    )
