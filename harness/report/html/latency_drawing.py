"""Accuracy against latency, placed on a drawing surface. Lengths are in units of the drawing, y runs downwards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.figures.plot_types import LatencyPanel, LatencyPoint

WIDTH, HEIGHT = 460.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 20.0, 16.0, 46.0
_LINE = 15.0  # distance of two names
_LETTER = 6.6  # average width of a letter of a name
_MAX_LETTERS = 28
_GAP = 9.0  # between a point and its name


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark on an axis."""

    place: float
    text: str


@dataclass(frozen=True, kw_only=True)
class DrawnPoint:
    """A row of the leaderboard, with its name beside it."""

    label: str
    name: str
    """The label as it stands beside the point: its beginning, where it is long."""
    x: float
    y: float
    name_x: float
    name_y: float
    is_name_left: bool
    milliseconds: float
    percent: float
    is_on_front: bool


@dataclass(frozen=True, kw_only=True)
class DrawnPanel:
    """One panel, ready for a template."""

    title: str
    points: tuple[DrawnPoint, ...]
    front: str
    """Points of the line through the Pareto front; empty with fewer than two."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def drawn_panel(panel: LatencyPanel) -> DrawnPanel:
    """Place the points of a panel: latency on a logarithmic axis, accuracy on a linear one.

    Args:
        panel: At least one point, fastest first.
    """
    times = [1e3 * point.latency_seconds for point in panel.points]
    scores = [100 * point.image_auroc for point in panel.points]
    low, high = min(times) / 1.6, max(times) * 1.6
    bottom, top, step = _nice_range(min(scores), max(scores))

    def x_of(milliseconds: float) -> float:
        share = math.log(milliseconds / low) / math.log(high / low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y_of(percent: float) -> float:
        return TOP + (top - percent) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    places = [(x_of(time), y_of(score)) for time, score in zip(times, scores, strict=True)]
    names = _names(panel.points, places)
    front = [place for point, place in zip(panel.points, places, strict=True) if point.is_on_front]
    count = round((top - bottom) / step)
    marks = [bottom + number * step for number in range(count + 1)]
    return DrawnPanel(
        title=panel.title,
        points=tuple(
            DrawnPoint(
                label=point.label,
                name=_short(point.label),
                x=x,
                y=y,
                name_x=name_x,
                name_y=name_y,
                is_name_left=name_x < x,
                milliseconds=time,
                percent=score,
                is_on_front=point.is_on_front,
            )
            for point, (x, y), (name_x, name_y), time, score in zip(
                panel.points, places, names, times, scores, strict=True
            )
        ),
        front=" ".join(f"{x:.1f},{y:.1f}" for x, y in front) if len(front) > 1 else "",
        x_ticks=tuple(Tick(place=x_of(time), text=f"{time:g}") for time in _decade_marks(low, high)),
        y_ticks=tuple(Tick(place=y_of(mark), text=f"{mark:g}") for mark in marks),
    )


def _names(points: Sequence[LatencyPoint], places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where each name begins (or ends, left of its point), moved down until it is clear of the names above it."""
    taken: list[tuple[float, float, float]] = []
    names: dict[int, tuple[float, float]] = {}
    for number in sorted(range(len(points)), key=lambda one: places[one][1]):
        x, y = places[number]
        width = _LETTER * len(_short(points[number].label))
        is_left = x + _GAP + width > WIDTH - 4
        start, end = (x - _GAP - width, x - _GAP) if is_left else (x + _GAP, x + _GAP + width)
        for left, right, at in sorted(taken, key=lambda name: name[2]):
            if start < right and left < end and abs(y - at) < _LINE:
                y = at + _LINE
        taken.append((start, end, y))
        names[number] = (end if is_left else start, y)
    return [names[number] for number in range(len(points))]


def _short(label: str) -> str:
    return label if len(label) <= _MAX_LETTERS else label[: _MAX_LETTERS - 1] + "…"


def _nice_range(low: float, high: float) -> tuple[float, float, float]:
    """Ends and step of a percent axis with about five marks around some values; never beyond 0 and 100."""
    step = next(step for step in (1.0, 2.0, 5.0, 10.0, 20.0) if (high - low) / step <= 4 or step == 20.0)
    bottom = max(0.0, step * (math.floor(low / step) - (low % step < 0.15 * step)))
    top = min(100.0, step * (math.ceil(high / step) + (-high % step < 0.15 * step)))
    return bottom, max(top, bottom + step), step


def _decade_marks(low: float, high: float) -> list[float]:
    """The values 1, 2 and 5 times a power of ten between two positive numbers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [float(f"{factor}e{power}") for power in powers for factor in (1, 2, 5)]
    return [mark for mark in marks if low <= mark <= high]
