"""The surface's own grain, stronger, weaker, or of another scale: wear, polish, tears, a wrong weave."""

from harness.synthetic.exact import ExactRng
from harness.synthetic.regions import area_px, blob, edge_width, offsets
from harness.synthetic.sampling import blurred, sampled
from harness.synthetic.scene import Change, Colours, Scene

_GRAIN_AT_192_PX = (2.0, 8.0)
"""What is finer than this counts as grain."""
_WEAKER = (0.0, 0.4)
_STRONGER = (1.8, 4.0)
_SMALLER = (0.4, 0.7)
_LARGER = (1.4, 2.5)


def worn_texture(scene: Scene, rng: ExactRng) -> Change:
    """Change the grain of a region and leave its light; where there is no grain, what is made visible is light."""
    target = scene.target
    centre, area = target.place(rng), area_px(target, rng)
    coverage = blob(target, rng, centre, area, edge_width(area, rng, scene.pixels(2.0)))
    light = blurred(target.pixels_HW3, max(1, round(scene.pixels(rng.between(*_GRAIN_AT_192_PX)))))
    change = rng.whole(0, 2)
    if change == 2:
        return Change(coverage_HW=coverage, content_HW3=light + _scaled_grain(scene, rng, centre, light))
    factor = rng.between(*(_WEAKER if change == 0 else _STRONGER))
    return Change(coverage_HW=coverage, content_HW3=light + factor * (target.pixels_HW3 - light))


def _scaled_grain(scene: Scene, rng: ExactRng, centre: tuple[int, int], light: Colours) -> Colours:
    """The grain of another place of the image, turned and at another scale, about ``centre``."""
    target = scene.target
    row, column = target.place(rng)
    scale = rng.between(*(_SMALLER if rng.whole(0, 1) else _LARGER))
    sine, cosine = rng.direction()
    down, right = offsets(target.size_px, centre)
    rows, columns = row + (down * cosine - right * sine) / scale, column + (down * sine + right * cosine) / scale
    return sampled(target.pixels_HW3 - light, rows, columns)
