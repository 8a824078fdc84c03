"""Defects for any surface: each function takes a scene and returns it with a mask of the changed pixels."""

import numpy as np
from numpy.typing import NDArray

from harness.datasets.demo.canvas import COLUMNS, ROWS, SIZE_PX, Picture, blur, noise, paint, segment
from harness.synthetic.exact import ExactRng, Plane, inside

Mask = NDArray[np.bool_]
Damaged = tuple[Picture, Mask]
"""The scene after the damage, and True on every pixel of the defect."""

Centre = tuple[float, float]


def anywhere(rng: ExactRng, margin_px: float = 22.0) -> Centre:
    """A point ``(row, column)`` at least ``margin_px`` from the border."""
    return rng.between(margin_px, SIZE_PX - margin_px), rng.between(margin_px, SIZE_PX - margin_px)


def patch(rng: ExactRng, centre: Centre, radius_px: float) -> Plane:
    """Signed distance to an irregular blob about ``radius_px`` around ``centre``."""
    down, right = ROWS - centre[0], COLUMNS - centre[1]
    wobble = (noise(rng, 9.0) - 0.5) * 0.9 * radius_px
    return np.sqrt(down * down + right * right) - radius_px + wobble


def scratch(scene: Picture, rng: ExactRng, centre: Centre, length_px: float, width_px: float, change: float) -> Damaged:
    """A bent line, brighter or darker than the surface by ``change`` of full scale."""
    row, column = rng.direction()
    half = length_px / 2.0
    start = (centre[0] - row * half, centre[1] - column * half)
    end = (centre[0] + row * half, centre[1] + column * half)
    bend = rng.between(-0.2, 0.2) * length_px
    knee = (centre[0] - column * bend, centre[1] + row * bend)
    distance = np.minimum(segment(start, knee), segment(knee, end)) - width_px / 2.0
    coverage = inside(distance)
    return np.clip(scene + coverage[:, :, None] * change, 0.0, 1.0), coverage >= 0.5


def stain(
    scene: Picture, rng: ExactRng, centre: Centre, radius_px: float, filter_rgb: tuple[float, float, float]
) -> Damaged:
    """A blob through which the surface is still seen, each channel multiplied by ``filter_rgb``."""
    coverage = inside(patch(rng, centre, radius_px), 2.0)
    return paint(scene, coverage, np.clip(scene * np.asarray(filter_rgb), 0.0, 1.0)), coverage >= 0.5


def cover(
    scene: Picture, rng: ExactRng, centre: Centre, radius_px: float, colour: tuple[float, float, float]
) -> Damaged:
    """A blob of one colour that hides the surface: a hole, a drop of glue, a lump of solder."""
    distance = patch(rng, centre, radius_px)
    shade = 0.85 + 0.3 * noise(rng, 5.0)
    return paint(scene, inside(distance, 1.5), shade[:, :, None] * np.asarray(colour)), distance <= 0.0


def smear(scene: Picture, rng: ExactRng, centre: Centre, radius_px: float, blur_px: int, gain: float) -> Damaged:
    """A blob in which the surface has lost its detail and shines ``gain`` times as bright."""
    coverage = inside(patch(rng, centre, radius_px), 2.0)
    return paint(scene, coverage, blur(scene, blur_px) * gain), coverage >= 0.5


def transplant(scene: Picture, other: Picture, rng: ExactRng, centre: Centre, radius_px: float) -> Damaged:
    """A blob in which another picture shows, e.g. the same texture turned or shifted."""
    coverage = inside(patch(rng, centre, radius_px), 1.5)
    return paint(scene, coverage, other), coverage >= 0.5
