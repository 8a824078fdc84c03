"""Names beside points, where they cover neither points nor each other.

Lengths are in points of 1/72 inch, from the lower left corner of the axes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from harness.report.figures.lettering import height_inches, width_inches, wrapped
from harness.report.figures.style import SMALL_POINTS, Look

_POINT_RADIUS = 3.5
_DISTANCES = (5.0, 11.0, 18.0, 27.0, 38.0, 50.0)
_LEADER_FROM = 11.0
_SWEEPS = 3
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_SHARE_OF_WIDTH = 0.45
"""Share of the width of the axes that a line of a name may take."""


@dataclass(frozen=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: "_Box") -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0.0) * max(height, 0.0)

    def area_outside(self, other: "_Box") -> float:
        return (self.right - self.left) * (self.top - self.bottom) - self.overlap(other)


@dataclass(frozen=True)
class _Place:
    box: _Box
    offset: tuple[float, float]
    direction: tuple[int, int]
    distance: float
    leader: tuple[tuple[float, float], ...]
    """Dots along the line from a far name to its point; none beside a near one."""


@dataclass(frozen=True)
class _Field:
    """What names must not cover."""

    inside: _Box
    markers: Sequence[_Box]
    line: Sequence[_Box]

    def arranged(self, options: Sequence[Sequence[_Place]], order: Sequence[int]) -> list[_Place]:
        """A place for every name; names are placed in this order."""
        chosen: dict[int, _Place] = {}
        for _ in range(_SWEEPS):
            for number in order:
                others = [place for other, place in chosen.items() if other != number]
                chosen[number] = min(options[number], key=lambda place: self._cost_of(place, number, others))
        return [chosen[number] for number in range(len(options))]

    def cost(self, chosen: Sequence[_Place]) -> float:
        """Cost of all names together."""
        return sum(
            self._cost_of(place, number, [*chosen[:number], *chosen[number + 1 :]])
            for number, place in enumerate(chosen)
        )

    def _cost_of(self, place: _Place, number: int, others: Sequence[_Place]) -> float:
        names = [other.box for other in others]
        foreign = [*self.markers[:number], *self.markers[number + 1 :], *names]
        covered = sum(place.box.overlap(box) for box in (*self.markers, *names))
        crossed = sum(place.box.overlap(box) > 0 for box in self.line)
        crossed += sum(_is_on(dot, place.box) for other in others for dot in other.leader)
        crossed += sum(_is_on(dot, box) for dot in place.leader for box in foreign)
        return 10 * covered + 15 * crossed + 20 * place.box.area_outside(self.inside) + place.distance


def name_points(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    names: Sequence[tuple[str, Look]],
    *,
    avoiding: Sequence[tuple[float, float]],
) -> None:
    """Write a name beside each point, with a line to it where it stands far off.

    Each name in turn takes the place that costs least beside the names already placed. This is repeated a few
    times, in three orders of the names, and the cheapest arrangement stays. The axes must have their final
    place and limits; the names are not part of the layout.

    Args:
        axes: Where the points are.
        points: In data coordinates.
        names: One for each point.
        avoiding: Corners of a line with level and upright parts that names cover only where they must, in
            data coordinates.
    """
    centres = _in_points(axes, points)
    scale = 72 / axes.figure.dpi
    inside = _Box(0, 0, axes.bbox.width * scale, axes.bbox.height * scale)
    line = [_between(*ends) for ends in pairwise(_in_points(axes, avoiding))]
    markers = [_around(centre) for centre in centres]
    texts = [wrapped(name, _SHARE_OF_WIDTH * inside.right / 72, SMALL_POINTS) for name, _ in names]
    field = _Field(inside=inside, markers=markers, line=line)
    options = [list(_places(centre, text)) for centre, text in zip(centres, texts, strict=True)]
    from_left = sorted(range(len(centres)), key=lambda number: centres[number])
    crowded = sorted(range(len(centres)), key=lambda number: -_crowding(centres, number))
    arranged = [field.arranged(options, order) for order in (crowded, from_left, from_left[::-1])]
    chosen = min(arranged, key=field.cost)
    for number, best in enumerate(chosen):
        name, look = names[number]
        (right, up), far = best.direction, best.distance >= _LEADER_FROM
        arrow: dict[str, Any] = {"arrowstyle": "-", "color": look.colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}
        written = axes.annotate(
            "\n".join(texts[number]),
            points[number],
            best.offset,
            textcoords="offset points",
            ha={1: "left", 0: "center", -1: "right"}[right],
            va={1: "bottom", 0: "center", -1: "top"}[up],
            fontsize=SMALL_POINTS,
            color=look.ink,
            linespacing=1.1,
            annotation_clip=False,
            arrowprops=arrow if far else None,
            zorder=4,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
        )
        written.set_in_layout(False)
        written.set_gid(name)


def _in_points(axes: Axes, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    scale = 72 / axes.figure.dpi
    pixels = axes.transData.transform(list(points)).tolist()
    return [((x - axes.bbox.x0) * scale, (y - axes.bbox.y0) * scale) for x, y in pixels]


def _between(first: tuple[float, float], last: tuple[float, float]) -> _Box:
    (left, right), (bottom, top) = (sorted(ends) for ends in zip(first, last, strict=True))
    return _Box(left - 0.5, bottom - 0.5, right + 0.5, top + 0.5)


def _around(centre: tuple[float, float]) -> _Box:
    x, y = centre
    return _Box(x - _POINT_RADIUS, y - _POINT_RADIUS, x + _POINT_RADIUS, y + _POINT_RADIUS)


def _crowding(centres: Sequence[tuple[float, float]], one: int) -> float:
    x, y = centres[one]
    return sum(
        1 / (1 + abs(x - other_x) + abs(y - other_y))
        for number, (other_x, other_y) in enumerate(centres)
        if number != one
    )


def _places(centre: tuple[float, float], lines: Sequence[str]) -> Iterator[_Place]:
    width = 72 * max(width_inches(line, SMALL_POINTS) for line in lines)
    height = 72 * height_inches(len(lines), SMALL_POINTS)
    for distance in _DISTANCES:
        for right, up in _DIRECTIONS:
            reach = distance if 0 in (right, up) else 0.7 * distance
            offset = (right * reach, up * reach)
            x, y = centre[0] + offset[0], centre[1] + offset[1]
            left = x + {1: 0.0, 0: -width / 2, -1: -width}[right]
            bottom = y + {1: 0.0, 0: -height / 2, -1: -height}[up]
            box = _Box(left, bottom, left + width, bottom + height)
            num_dots = round(distance / 4) if distance >= _LEADER_FROM else 0
            leader = tuple(
                (centre[0] + dot / num_dots * offset[0], centre[1] + dot / num_dots * offset[1])
                for dot in range(1, num_dots + 1)
            )
            yield _Place(box=box, offset=offset, direction=(right, up), distance=distance, leader=leader)


def _is_on(dot: tuple[float, float], box: _Box) -> bool:
    return box.left <= dot[0] <= box.right and box.bottom <= dot[1] <= box.top
