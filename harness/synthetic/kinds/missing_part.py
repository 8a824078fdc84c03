"""A region that shows what is around or behind it: chips, holes, lost components or print."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt

from harness.synthetic.exact import ExactRng
from harness.synthetic.regions import area_px, blob
from harness.synthetic.scene import Change, Colours, Photograph, Scene, pick

_SHADE_OF_HOLE = (0.55, 0.92)
"""A hole lies in its own shadow; without, a smooth fill of a smooth surface would hardly show."""
_SHADE_OF_BACKGROUND = (0.85, 1.1)
_EDGE_PX = 1.5


def missing_part(scene: Scene, rng: ExactRng) -> Change:
    """Fill a region from outside: from the background where there is one, else from its surroundings."""
    target = scene.target
    is_whole = bool(target.part_HW.all())
    if not is_whole and rng.whole(0, 1):
        # Parts break at their edges.
        centre = pick(target.part_HW & ~binary_erosion(target.part_HW), rng)
    else:
        centre = target.place(rng)
    coverage = blob(target, rng, centre, area_px(target, rng), _EDGE_PX)
    # Soft edges are of both sides, and so of neither.
    unknown = binary_dilation(coverage > 0.0 if is_whole else target.part_HW, iterations=3)
    shade = rng.between(*(_SHADE_OF_HOLE if is_whole else _SHADE_OF_BACKGROUND))
    return Change(coverage_HW=coverage, content_HW3=_filled(target, ~unknown, scene.pixels(4.0)) * shade)


def _filled(target: Photograph, known_HW: NDArray[np.bool_], smoothing_px: float) -> Colours:
    """Each pixel from the nearest known one, then smoothed where it was not known."""
    pixels = target.pixels_HW3
    if not known_HW.any():
        return pixels.astype(np.float64)
    nearest = distance_transform_edt(~known_HW, return_distances=False, return_indices=True)
    copied = pixels[nearest[0], nearest[1]]
    smooth = Image.fromarray(copied).filter(ImageFilter.BoxBlur(max(1, round(smoothing_px))))
    return np.asarray(smooth, dtype=np.float64)
