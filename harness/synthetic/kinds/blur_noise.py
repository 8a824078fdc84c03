"""A region out of focus, or with other grain: smears, grease, worn or roughened spots."""

import numpy as np

from harness.synthetic.exact import ExactRng
from harness.synthetic.regions import area_px, blob, edge_width
from harness.synthetic.sampling import blurred
from harness.synthetic.scene import Change, Colours, Scene

_BLUR_AT_192_PX = (2.0, 6.0)
_NOISE_LEVELS = (15.0, 60.0)


def blur_noise(scene: Scene, rng: ExactRng) -> Change:
    """Blur, roughen, or do both to a region."""
    target = scene.target
    centre, area = target.place(rng), area_px(target, rng)
    coverage = blob(target, rng, centre, area, edge_width(area, rng, scene.pixels(3.0)))
    choice = rng.whole(0, 2)
    content = target.pixels_HW3.astype(np.float64)
    if choice != 1:
        content = blurred(target.pixels_HW3, max(1, round(scene.pixels(rng.between(*_BLUR_AT_192_PX)))))
    if choice != 0:
        content = content + _noise(scene, rng)
    return Change(coverage_HW=coverage, content_HW3=content)


def _noise(scene: Scene, rng: ExactRng) -> Colours:
    """Bell-shaped grain about zero, the same in all channels, one or two pixels wide."""
    height, width = scene.target.size_px
    grain_px = rng.whole(1, 2)
    draws = rng.uniform_array(3, -(-height // grain_px), -(-width // grain_px))
    grains = (draws[0] + draws[1] + draws[2] - 1.5) * rng.between(*_NOISE_LEVELS)
    return np.repeat(np.repeat(grains, grain_px, axis=0), grain_px, axis=1)[:height, :width, None]
