"""One image that gets a defect, and what a kind of defect does to it.

Shapes: N images, H x W pixels, 3 colour channels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.synthetic.exact import ExactRng, Plane

Colours = NDArray[np.float64]
"""``(H, W, 3)`` in levels, 0 to 255; what lies outside is clipped."""

_USUAL_SIDE_PX = 192.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Photograph:
    """A normal image and where a defect may lie on it."""

    pixels_HW3: NDArray[np.uint8]
    part_HW: NDArray[np.bool_]
    """True on the part; everywhere where there is no background."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width."""
        return self.part_HW.shape[0], self.part_HW.shape[1]

    def place(self, rng: ExactRng) -> tuple[int, int]:
        """A random pixel ``(row, column)`` of the part."""
        return pick(self.part_HW, rng)

    @property
    def is_grey(self) -> bool:
        """Whether all channels are equal, as from a monochrome camera; a defect is then grey, too."""
        return bool((self.pixels_HW3 == self.pixels_HW3[:, :, :1]).all())


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """The image that gets a defect, among the others."""

    target: Photograph
    source: Photograph
    """Another normal image, or the same where there is no other."""

    def pixels(self, at_192_px: float) -> float:
        """A length that is ``at_192_px`` on an image of 192 px, on this one; by the shorter side."""
        return at_192_px * min(self.target.size_px) / _USUAL_SIDE_PX


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """What a kind of defect puts where; not all of it needs to be seen."""

    coverage_HW: Plane
    """How much of the content shows, in [0, 1]."""
    content_HW3: Colours


def pick(mask_HW: NDArray[np.bool_], rng: ExactRng) -> tuple[int, int]:
    """A random pixel ``(row, column)`` that is True; one must be."""
    rows, columns = np.nonzero(mask_HW)
    number = rng.whole(0, len(rows) - 1)
    return int(rows[number]), int(columns[number])
