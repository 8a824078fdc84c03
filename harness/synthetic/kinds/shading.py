"""A region in other light, often without an edge: stains, wet spots, uneven coating, exposure."""

import numpy as np

from harness.synthetic.exact import ExactRng
from harness.synthetic.regions import area_px, blob
from harness.synthetic.scene import Change, Scene

_GAIN = (0.1, 0.4)
"""Least and largest relative change of brightness."""
_SHIFT_LEVELS = (12.0, 60.0)
_EDGE = (0.2, 2.0)
"""Width of the edge in radii of a disc of the region's area: light fades."""


def shading(scene: Scene, rng: ExactRng) -> Change:
    """Make a region brighter or darker, by a factor or by a number of levels."""
    target = scene.target
    centre, area = target.place(rng), area_px(target, rng)
    coverage = blob(target, rng, centre, area, max(1.0, rng.between(*_EDGE) * float(np.sqrt(area / np.pi))))
    content, sign = target.pixels_HW3.astype(np.float64), rng.sign()
    if rng.whole(0, 1):
        return Change(coverage_HW=coverage, content_HW3=content * (1.0 + sign * rng.between(*_GAIN)))
    return Change(coverage_HW=coverage, content_HW3=content + sign * rng.between(*_SHIFT_LEVELS))
