"""Image AUROC of each category as dots with whiskers.

Dots, not bars: bars would have to start at 0, where nothing happens, and ninety of them fill a page.
The means stand on top, one line a row of the leaderboard, and so are the key to colours and markers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.leaderboard.tables import WITHHELD, Column, Entry
from harness.report.figures.lettering import height_inches, wrapped
from harness.report.figures.page import Page, new_page, width_of
from harness.report.figures.plot_types import CategoryPlot
from harness.report.figures.style import INK, MAX_HEIGHT_INCHES, SMALL_POINTS, Look
from harness.report.wording import entry_text

_PITCH_INCHES = 0.058
"""Between two dots of one category."""
_GAP_INCHES = 0.09
"""Between two categories."""
_AXIS_INCHES = 0.45
_TITLES_INCHES = 1.2
_MIN_TWO_COLUMNS = 7
_BAND = "#f4f4f4"


@dataclass(frozen=True)
class _Line:
    """One dot and what it belongs to; all in inches from the top."""

    label: str
    position: float
    entry: Entry | None


@dataclass(frozen=True)
class _Group:
    """A category, or one row's mean."""

    text: str
    lines: tuple[_Line, ...]
    top: float
    bottom: float
    is_mean: bool


def draw_categories(plot: CategoryPlot, looks: Mapping[str, Look], *, wide: bool) -> Iterator[Page]:
    """Figures of one or more pages, each with the means on top."""
    categories = [(name, of_rows) for name, of_rows in plot.categories.items() if of_rows]
    across = 2 if wide and len(categories) >= _MIN_TWO_COLUMNS else 1
    name_inches = 0.38 * width_of(wide) / across
    means = _means(plot, name_inches)
    of_means = means[-1].bottom
    pitch = _height(len(plot.labels))
    if len(categories) == 1:
        categories = []  # its mean says the same
    room = (MAX_HEIGHT_INCHES - _TITLES_INCHES) * across - of_means
    a_page = max(across, int(room / pitch))
    num_pages = max(1, -(-len(categories) // a_page))
    a_page = -(-len(categories) // num_pages)
    for number in range(num_pages):
        shown = categories[number * a_page : (number + 1) * a_page]
        num_left = len(shown) if across == 1 else _balanced(len(shown), pitch, of_means)
        columns = [[*means, *_groups(plot.labels, shown[:num_left], of_means)]]
        if across == 2:
            columns.append(_groups(plot.labels, shown[num_left:], 0.0))
        height = max(groups[-1].bottom for groups in columns)
        name = plot.heading.name if num_pages == 1 else f"{plot.heading.name}_{number + 1}"
        page = new_page(plot.heading, height + _AXIS_INCHES, wide=wide, remark=_remark(plot), name=name)
        low = _lowest(plot)
        for axes, groups in zip(page.figure.subplots(1, across, squeeze=False)[0], columns, strict=True):
            axes.set(xlim=(low, 100.0 + 0.02 * (100.0 - low)), ylim=(height, 0.0))
            _draw_groups(axes, groups, looks)
        yield page


def _means(plot: CategoryPlot, name_inches: float) -> list[_Group]:
    groups = []
    top = 0.0
    for label in plot.labels:
        lines = wrapped(label, name_inches, SMALL_POINTS)
        bottom = top + height_inches(len(lines), SMALL_POINTS) + 0.03
        line = _Line(label=label, position=(top + bottom) / 2, entry=plot.means.get(label))
        groups.append(_Group(text="\n".join(lines), lines=(line,), top=top, bottom=bottom, is_mean=True))
        top = bottom
    return groups


def _groups(labels: Sequence[str], categories: Sequence[tuple[str, Mapping[str, Entry]]], top: float) -> list[_Group]:
    groups = []
    for name, of_rows in categories:
        first = top + (_GAP_INCHES + _PITCH_INCHES) / 2
        lines = tuple(
            _Line(label=label, position=first + number * _PITCH_INCHES, entry=of_rows[label])
            for number, label in enumerate(labels)
            if label in of_rows
        )
        bottom = top + _height(len(labels))
        groups.append(_Group(text=name, lines=lines, top=top, bottom=bottom, is_mean=False))
        top = bottom
    return groups


def _height(num_rows: int) -> float:
    return max(num_rows * _PITCH_INCHES + _GAP_INCHES, height_inches(1, SMALL_POINTS))


def _balanced(num_categories: int, pitch: float, of_means: float) -> int:
    """How many categories stand below the means, so that both columns are about equally high."""
    return max(0, round((num_categories - of_means / pitch) / 2))


def _lowest(plot: CategoryPlot) -> float:
    entries = [*plot.means.values(), *(entry for of_rows in plot.categories.values() for entry in of_rows.values())]
    ends = [entry.mean if entry.low is None else entry.low for entry in entries]
    lowest = 100 * min(end for end in ends if end is not None)
    return max(0.0, lowest - 0.04 * (100 - lowest) - 0.5)


def _remark(plot: CategoryPlot) -> str:
    whiskers = any(one.low is not None for of_rows in plot.categories.values() for one in of_rows.values())
    texts = ["Numbers: mean over categories."] if len(plot.categories) > 1 else []
    texts += ["Whiskers: 95 % bootstrap interval over test images.", plot.resampling] if whiskers else []
    return " ".join(texts).strip()


def _draw_groups(axes: Axes, groups: Sequence[_Group], looks: Mapping[str, Look]) -> None:
    axes.grid(False, axis="y")
    axes.set_yticks([(group.top + group.bottom) / 2 for group in groups], [group.text for group in groups])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("image AUROC (%)")
    for number, (tick, group) in enumerate(zip(axes.get_yticklabels(), groups, strict=True)):
        tick.set_color(looks[group.lines[0].label].ink if group.is_mean else INK)
        if number % 2 == 0 and not group.is_mean:
            axes.axhspan(group.top, group.bottom, color=_BAND, linewidth=0, zorder=0)
        if group.is_mean:
            _write_mean(axes, group.lines[0], looks)
        for line in group.lines:
            _draw_line(axes, line, looks[line.label])
    last_mean = [group.bottom for group in groups if group.is_mean]
    if last_mean and last_mean[-1] < groups[-1].bottom:
        axes.axhline(last_mean[-1], color=INK, linewidth=0.6)


def _write_mean(axes: Axes, line: _Line, looks: Mapping[str, Look]) -> None:
    axes.annotate(
        entry_text(line.entry or WITHHELD, Column(title=line.label), "none"),
        (1.0, line.position),
        (2, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=looks[line.label].ink,
    )


def _draw_line(axes: Axes, line: _Line, look: Look) -> None:
    entry = line.entry
    if entry is None or entry.mean is None:
        return
    if entry.low is not None and entry.high is not None:
        ends = [100 * entry.low, 100 * entry.high]
        axes.plot(ends, [line.position] * 2, color=look.colour, linewidth=0.8, label=f"{line.label} interval")
    axes.plot(
        100 * entry.mean,
        line.position,
        color=look.colour,
        marker=look.marker,
        markersize=3.2,
        markeredgewidth=0,
        linestyle="none",
        clip_on=False,
        zorder=3,
        label=line.label,
    )
