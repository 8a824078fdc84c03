"""The title, the notes and the free space of a figure, and how panels fill pages."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.records import PUBLISHED_SPLIT
from harness.report.figures.lettering import height_inches, width_inches, wrapped
from harness.report.figures.plot_types import Heading
from harness.report.figures.style import (
    COLUMN_INCHES,
    INK,
    MAX_HEIGHT_INCHES,
    MUTED,
    PAGE_INCHES,
    SMALL_POINTS,
    TITLE_POINTS,
)

_MARGIN_INCHES = 0.05
_MAX_NOTE_LINES = 6
_SHRINK = 0.85
"""A panel may be lower than asked by this factor, if one more row then fits the page."""
_FRAME_INCHES = 0.55
"""Of a panel's width, for its ticks and the label of its axis."""
_GAP_INCHES = 0.06
"""Between two texts along an axis."""
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """A figure with its title and notes written, and free space between them."""

    name: str
    """Name of its files, without ending."""
    figure: Figure
    body: tuple[float, float, float, float]
    """The free space: left, bottom, width and height as shares of the figure."""


@dataclass(frozen=True)
class _Line:
    text: str
    points: float
    colour: str


def width_of(wide: bool) -> float:
    """Width of a figure in inches."""
    return PAGE_INCHES if wide else COLUMN_INCHES


def new_page(heading: Heading, body_inches: float, *, wide: bool, remark: str = "", name: str | None = None) -> Page:
    """An empty figure.

    Args:
        heading: What is written above and below.
        body_inches: Height of the free space between.
        wide: Over both columns of a paper.
        remark: Another sentence for the text above.
        name: Name of its files; None for that of the plot.
    """
    width = width_of(wide)
    above, below = _above(heading, remark, width), _below(heading, width)
    top, bottom = _height(above), _height(below)
    height = top + body_inches + bottom
    # A figure of its own, not pyplot's: no global state, so nothing is left behind.
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    body = (0.0, bottom / height, 1.0, body_inches / height)
    figure.set_layout_engine(
        "constrained",
        rect=body,
        w_pad=_MARGIN_INCHES,
        h_pad=_MARGIN_INCHES,
    )
    _write(figure, above, height - _MARGIN_INCHES)
    _write(figure, below, bottom)
    return Page(name=heading.name if name is None else name, figure=figure, body=body)


def panel_pages(
    heading: Heading, panels: Sequence[T], *, across: int, panel_inches: float, wide: bool, remark: str = ""
) -> Iterator[tuple[Page, list[tuple[Axes, T]]]]:
    """Pages with a grid of axes, one for each panel; as many pages as the panels need.

    Args:
        heading: What is written above and below each.
        panels: What the axes are for.
        across: Axes beside each other, at most.
        panel_inches: Height of one.
        wide: Over both columns of a paper.
        remark: Another sentence for the text above.
    """
    width = width_of(wide)
    free = MAX_HEIGHT_INCHES - _height(_above(heading, remark, width)) - _height(_below(heading, width))
    most_rows = max(1, int(free / (_SHRINK * panel_inches)))
    num_rows = -(-len(panels) // across)
    num_pages = -(-num_rows // most_rows)
    a_page = across * -(-num_rows // num_pages)
    parts = [panels[first : first + a_page] for first in range(0, len(panels), a_page)]
    for number, part in enumerate(parts, start=1):
        columns = min(across, len(part))
        rows = -(-len(part) // columns)
        name = heading.name if len(parts) == 1 else f"{heading.name}_{number}"
        page = new_page(heading, min(rows * panel_inches, free), wide=wide, remark=remark, name=name)
        axes = page.figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        for unused in axes[len(part) :]:
            unused.remove()
        yield page, list(zip(axes, part, strict=False))


def panels_across(texts: Sequence[Sequence[str]], *, wide: bool) -> int:
    """How many panels stand beside each other so that the texts along the axis of each have room; 4 at most.

    Args:
        texts: What stands along the horizontal axis of each panel, from left to right.
        wide: Over both columns of a paper.
    """
    widest = max(_FRAME_INCHES + sum(width_inches(text, SMALL_POINTS) + _GAP_INCHES for text in of) for of in texts)
    return max(1, min(4 if wide else 2, len(texts), int(width_of(wide) / widest)))


def seeds_text(seeds: Mapping[str, Mapping[str, tuple[int, ...]]]) -> str:
    """``Seeds 0, 1, 2``, and where data sets or rows differ, which has which."""
    usual = {dataset: Counter(of_rows.values()).most_common(1)[0][0] for dataset, of_rows in seeds.items()}
    others = [
        f"{label} on {dataset} {_numbers(found)}"
        for dataset, of_rows in seeds.items()
        for label, found in of_rows.items()
        if found != usual[dataset]
    ]
    if len(set(usual.values())) == 1:
        text = _numbers(next(iter(usual.values())))
    else:
        text = "; ".join(f"{dataset} {_numbers(found)}" for dataset, found in usual.items())
    word = "Seed" if text.isdecimal() and not others else "Seeds"
    return f"{word} {text}" + (f" ({'; '.join(others)})" if others else "")


def _above(heading: Heading, remark: str, width: float) -> list[_Line]:
    split = "" if heading.split == PUBLISHED_SPLIT else f" Split {heading.split}."
    origin = f"{seeds_text(heading.seeds)}. Protocol: {heading.protocol}.{split} {remark}"
    return [
        *_lines(heading.title, width, TITLE_POINTS, INK),
        *_lines(origin, width, SMALL_POINTS, MUTED),
    ]


def _below(heading: Heading, width: float) -> list[_Line]:
    if not heading.notes:
        return []
    text = "Not drawn: " + "; ".join(heading.notes) + "."
    lines = _lines(text, width, SMALL_POINTS, MUTED)
    if len(lines) <= _MAX_NOTE_LINES:
        return lines
    # The command prints every note; a figure that is mostly notes helps nobody.
    return [*lines[: _MAX_NOTE_LINES - 1], *_lines("... and more.", width, SMALL_POINTS, MUTED)]


def _lines(text: str, width: float, points: float, colour: str) -> list[_Line]:
    return [_Line(line, points, colour) for line in wrapped(text, width - 2 * _MARGIN_INCHES, points)]


def _height(lines: Sequence[_Line]) -> float:
    return sum(height_inches(1, line.points) for line in lines) + (_MARGIN_INCHES if lines else 0)


def _write(figure: Figure, lines: Sequence[_Line], top_inches: float) -> None:
    width, height = figure.get_size_inches()
    for line in lines:
        figure.text(
            _MARGIN_INCHES / width,
            top_inches / height,
            line.text,
            fontsize=line.points,
            color=line.colour,
            va="top",
        )
        top_inches -= height_inches(1, line.points)


def _numbers(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
