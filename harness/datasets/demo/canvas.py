"""Drawing with arithmetic that rounds alike on every machine (`harness.synthetic.exact`).

Colours are float64 in [0, 1] until the camera rounds them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.synthetic.exact import ExactRng, Plane, smooth_step

SIZE_PX = 128
"""Height and width of every image."""

Picture = NDArray[np.float64]
"""``(SIZE_PX, SIZE_PX, 3)``: red, green, blue."""

ROWS: Plane = np.repeat(np.arange(SIZE_PX, dtype=np.float64)[:, None], SIZE_PX, axis=1)
COLUMNS: Plane = ROWS.T.copy()


def noise(rng: ExactRng, cell_px: float, rows: Plane = ROWS, columns: Plane = COLUMNS) -> Plane:
    """Smooth random field in [0, 1): values on a lattice, blended in between.

    Args:
        rng: Draws the lattice.
        cell_px: Distance of lattice points in the units of ``rows`` and ``columns``.
        rows: Where to sample, vertically; any real numbers within a few image sizes of zero.
        columns: Where to sample, horizontally.
    """
    row, column = rows / cell_px, columns / cell_px
    row_floor, column_floor = np.floor(row), np.floor(column)
    top, left = row_floor.astype(np.int64), column_floor.astype(np.int64)
    top -= top.min()
    left -= left.min()
    lattice = rng.uniform_array(int(top.max()) + 2, int(left.max()) + 2)
    down, right = smooth_step(row - row_floor), smooth_step(column - column_floor)
    upper = lattice[top, left] * (1.0 - right) + lattice[top, left + 1] * right
    lower = lattice[top + 1, left] * (1.0 - right) + lattice[top + 1, left + 1] * right
    return upper * (1.0 - down) + lower * down


def disc(row: float, column: float, radius_px: float) -> Plane:
    """Signed distance to a circle."""
    down, right = ROWS - row, COLUMNS - column
    return np.sqrt(down * down + right * right) - radius_px


def box(row: float, column: float, height_px: float, width_px: float, axis: tuple[float, float] = (0.0, 1.0)) -> Plane:
    """Signed distance, up to the corners' rounding, to a rectangle whose width runs along ``axis``."""
    down, right = ROWS - row, COLUMNS - column
    along = np.abs(right * axis[1] + down * axis[0]) - width_px / 2.0
    across = np.abs(down * axis[1] - right * axis[0]) - height_px / 2.0
    return np.maximum(along, across)


def segment(start: tuple[float, float], end: tuple[float, float]) -> Plane:
    """Distance to a line segment between two points ``(row, column)``."""
    span_row, span_column = end[0] - start[0], end[1] - start[1]
    down, right = ROWS - start[0], COLUMNS - start[1]
    length_squared = max(span_row * span_row + span_column * span_column, 1e-9)
    along = np.clip((down * span_row + right * span_column) / length_squared, 0.0, 1.0)
    off_row, off_column = down - along * span_row, right - along * span_column
    return np.sqrt(off_row * off_row + off_column * off_column)


def paint(picture: Picture, coverage: Plane, colour: Picture | tuple[float, float, float]) -> Picture:
    """Lay a colour over a picture where ``coverage`` is above 0."""
    touched = coverage > 0.0
    lines, pillars = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    painted = picture.copy()
    if lines.size:
        # Most shapes are small; blending only their bounding box is 3 times as fast.
        window = (slice(lines[0], lines[-1] + 1), slice(pillars[0], pillars[-1] + 1))
        alpha = coverage[window][:, :, None]
        over = np.broadcast_to(np.asarray(colour, dtype=np.float64), picture.shape)[window]
        painted[window] = picture[window] * (1.0 - alpha) + over * alpha
    return painted


def tint(shade: Plane, colour: tuple[float, float, float]) -> Picture:
    """A grey plane in a colour."""
    return shade[:, :, None] * np.asarray(colour, dtype=np.float64)


def blur(picture: Picture, radius_px: int) -> Picture:
    """Mean over a square window, edges repeated; a fixed order of additions."""
    for axis in (0, 1):
        widths = [(radius_px, radius_px) if at == axis else (0, 0) for at in range(3)]
        padded = np.pad(picture, widths, mode="edge")
        total = np.zeros_like(picture)
        for shift in range(2 * radius_px + 1):
            window = padded[shift : shift + SIZE_PX] if axis == 0 else padded[:, shift : shift + SIZE_PX]
            total = total + window
        picture = total / (2 * radius_px + 1)
    return picture


@dataclass(frozen=True)
class Camera:
    """Variation between normal images."""

    gain: float
    """Largest relative change of the exposure."""
    slope: float
    """Largest relative change of the light from one side of the image to the other."""
    cast: float
    """Largest relative change of one colour channel against the others."""
    grain: float
    """Half width of the noise of one pixel, a fraction of full scale."""

    def shoot(self, scene: Picture, rng: ExactRng) -> NDArray[np.uint8]:
        """Light a scene, add noise and round to 8 bits."""
        row, column = rng.direction()
        slope = rng.between(-self.slope, self.slope) / SIZE_PX
        middle = (SIZE_PX - 1) / 2.0
        light = 1.0 + rng.between(-self.gain, self.gain) + slope * ((ROWS - middle) * row + (COLUMNS - middle) * column)
        casts = [1.0 + rng.between(-self.cast, self.cast) for _ in range(3)]
        # Three uniform draws added up are bell-shaped enough.
        draws = rng.uniform_array(3, SIZE_PX, SIZE_PX, 3)
        grain = (draws[0] + draws[1] + draws[2] - 1.5) * (self.grain * 2.0 / 3.0)
        lit = scene * light[:, :, None] * np.asarray(casts) + grain
        pixels: NDArray[np.uint8] = np.floor(np.clip(lit, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        return pixels
