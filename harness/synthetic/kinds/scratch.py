"""A thin curve that is brighter or darker than the surface: scratches, cracks, hairs, threads."""

from itertools import pairwise

import numpy as np

from harness.synthetic.exact import ExactRng, Plane, inside, unit_vector
from harness.synthetic.scene import Change, Photograph, Scene

_LENGTHS = (0.08, 0.8)
"""Shortest and longest, as shares of the shorter side."""
_WIDTHS_AT_192_PX = (1.0, 3.0)
_EDGES_AT_192_PX = (1.0, 3.0)
"""Cracks are crisp; what lies out of focus, or was rubbed, is not."""
_CHANGE_LEVELS = (15.0, 70.0)
_STEPS = 24
_TURN = 0.12
"""Largest change of the direction's half tangent from one step to the next."""

Point = tuple[float, float]


def scratch(scene: Scene, rng: ExactRng) -> Change:
    """Draw one curve that starts on the part and fades towards its ends."""
    target = scene.target
    points = _walk(target, rng)
    width = max(1.0, scene.pixels(rng.between(*_WIDTHS_AT_192_PX)))
    edge = max(1.0, scene.pixels(rng.between(*_EDGES_AT_192_PX)))
    coverage = np.zeros(target.size_px)
    for number, (start, end) in enumerate(pairwise(points)):
        # Thin and faint at both ends, as whatever scratched came down and was lifted.
        middle = 1.0 - abs(2.0 * (number + 0.5) / _STEPS - 1.0)
        strength = 0.5 + 0.5 * min(1.0, 2.0 * middle)
        _draw(coverage, start, end, width * strength, edge, strength)
    brightness = float(np.median(target.pixels_HW3[coverage > 0.0])) if coverage.any() else 128.0
    sign = rng.sign() if 60.0 < brightness < 195.0 else (1.0 if brightness <= 60.0 else -1.0)
    return Change(
        coverage_HW=np.where(target.part_HW, coverage, 0.0),
        content_HW3=target.pixels_HW3.astype(np.float64) + sign * rng.between(*_CHANGE_LEVELS),
    )


def _walk(target: Photograph, rng: ExactRng) -> list[Point]:
    low, high = _LENGTHS
    draw = rng.between(0.0, 1.0)
    step = (low + (high - low) * draw * draw) * min(target.size_px) / _STEPS
    row, column = (float(place) for place in target.place(rng))
    heading = rng.direction()
    turn = 0.0
    points = [(row, column)]
    for _ in range(_STEPS):
        turn = 0.7 * turn + rng.between(-_TURN, _TURN) / 2.0
        sine, cosine = unit_vector(turn)
        heading = (heading[0] * cosine - heading[1] * sine, heading[0] * sine + heading[1] * cosine)
        row, column = row + step * heading[0], column + step * heading[1]
        points.append((row, column))
    return points


def _draw(coverage: Plane, start: Point, end: Point, width: float, edge: float, strength: float) -> None:
    """Lay one straight piece over ``coverage``, in the window that it touches."""
    margin = width + edge + 1.0
    window = tuple(
        slice(max(0, int(min(ends) - margin)), max(0, min(length, int(max(ends) + margin) + 1)))
        for ends, length in zip(zip(start, end, strict=True), coverage.shape, strict=True)
    )
    down = np.arange(window[0].start, window[0].stop)[:, None] - start[0]
    right = np.arange(window[1].start, window[1].stop)[None, :] - start[1]
    span_row, span_column = end[0] - start[0], end[1] - start[1]
    length_squared = max(span_row * span_row + span_column * span_column, 1e-9)
    along = np.clip((down * span_row + right * span_column) / length_squared, 0.0, 1.0)
    off_row, off_column = down - along * span_row, right - along * span_column
    distance = np.sqrt(off_row * off_row + off_column * off_column) - width / 2.0
    coverage[window] = np.maximum(coverage[window], strength * inside(distance, edge))
