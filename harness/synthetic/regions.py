"""Shapes of defects: how much of each pixel they cover, in [0, 1].

Shapes: H x W pixels.
"""

import numpy as np
from numpy.typing import NDArray

from harness.synthetic.exact import ExactRng, Plane, inside
from harness.synthetic.perlin import perlin
from harness.synthetic.scene import Photograph

AREA_SHARES = (0.002, 0.4)
"""Smallest and largest region that is asked for, as a share of the image; a third is below .7 %, half
below 2.7 %, a tenth above 26 %. What falls off the part or the image, or changes nothing visible, is then
lost from it, and a soft edge adds to it."""
_MAX_SHARE_OF_PART = 0.5


def area_px(target: Photograph, rng: ExactRng) -> float:
    """Area of a region in pixels: mostly small, seldom large, and never most of the part."""
    low, high = AREA_SHARES
    # A power stands for the logarithm that would not be the same everywhere.
    draw = rng.between(0.0, 1.0)
    share = low + (high - low) * draw * draw * draw * draw
    return min(share * target.part_HW.size, _MAX_SHARE_OF_PART * float(np.count_nonzero(target.part_HW)))


def edge_width(area: float, rng: ExactRng, crisp_px: float) -> float:
    """Width of the edge of a region: as often nearly crisp as soft, up to the radius of a disc of its area.

    What is cut, broken or laid on has an edge; stains, wear and what lies out of focus have none.

    Args:
        area: In pixels.
        rng: Draws the width.
        crisp_px: The least.
    """
    draw = rng.between(0.0, 1.0)
    return crisp_px + draw * draw * draw * float(np.sqrt(area / np.pi))


def blob(target: Photograph, rng: ExactRng, centre: tuple[int, int], area: float, edge_px: float) -> Plane:
    """An ellipse of any orientation with an irregular outline.

    Args:
        target: What it lies on; it covers nothing beside the part.
        rng: Draws the shape.
        centre: ``(row, column)``.
        area: In pixels.
        edge_px: Width of the soft edge.
    """
    along, across = _axes(target.size_px, rng, centre)
    length = rng.between(1.0, 1.8)
    radius = float(np.sqrt(area / np.pi))
    distance = np.sqrt(along * along / length + across * across * length) - radius
    cells = (target.size_px[0] / max(radius, 2.0), target.size_px[1] / max(radius, 2.0))
    wobble = perlin(rng, target.size_px, cells) * (0.6 * radius)
    return _on_part(target, inside(distance + wobble, edge_px))


def rectangle(target: Photograph, rng: ExactRng, centre: tuple[int, int], area: float) -> Plane:
    """A rectangle of any orientation, up to 3.3 times as long as wide. Arguments as for `blob`."""
    along, across = _axes(target.size_px, rng, centre)
    width = float(np.sqrt(area / rng.between(1.0, 3.3)))
    return _on_part(target, inside(np.maximum(np.abs(along) - area / width / 2.0, np.abs(across) - width / 2.0)))


def offsets(size_px: tuple[int, int], centre: tuple[float, float]) -> tuple[Plane, Plane]:
    """How far each row and each column is from a point: ``(H, 1)`` and ``(1, W)``."""
    rows, columns = (np.arange(length, dtype=np.float64) for length in size_px)
    return (rows - centre[0])[:, None], (columns - centre[1])[None, :]


def _axes(size_px: tuple[int, int], rng: ExactRng, centre: tuple[int, int]) -> tuple[Plane, Plane]:
    row, column = rng.direction()
    down, right = offsets(size_px, centre)
    return down * row + right * column, down * column - right * row


def _on_part(target: Photograph, coverage: Plane) -> Plane:
    part: NDArray[np.bool_] = target.part_HW
    return np.where(part, coverage, 0.0)
