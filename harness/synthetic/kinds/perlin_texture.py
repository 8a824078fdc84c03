"""A foreign texture in a cluster of irregular spots: contamination, corrosion, stains.

Source: Zavrtanik, Kristan, Skočaj, "DRÆM: A discriminatively trained reconstruction embedding for surface
anomaly detection", ICCV 2021: Perlin noise, cut off at a level, masks a texture of random opacity. There
the textures are photographs of another data set; ours are generated, so nothing is downloaded.
"""

import numpy as np

from harness.synthetic.exact import ExactRng, Plane, inside, wave
from harness.synthetic.perlin import perlin
from harness.synthetic.regions import area_px, offsets
from harness.synthetic.scene import Change, Colours, Scene

_OPACITY = (0.15, 1.0)
_REACH = (0.12, 0.5)
"""How far spots lie from the middle of their cluster, as a share of the shorter side."""


def perlin_texture(scene: Scene, rng: ExactRng) -> Change:
    """Lay a generated texture over spots of the part."""
    target = scene.target
    coverage = _spots(scene, rng) * rng.between(*_OPACITY)
    return Change(coverage_HW=coverage, content_HW3=_coloured(_texture(scene, rng), rng, grey=target.is_grey))


def _spots(scene: Scene, rng: ExactRng) -> Plane:
    target = scene.target
    cells = _two_to(rng.whole(2, 5)), _two_to(rng.whole(2, 5))
    down, right = offsets(target.size_px, target.place(rng))
    reach = rng.between(*_REACH) * min(target.size_px)
    height = perlin(rng, target.size_px, cells) - np.sqrt(down * down + right * right) / reach
    # The level above which lies the area that is asked for: spots are small or large, never absent.
    on_part = np.sort(height[target.part_HW])
    level = on_part[len(on_part) - min(max(1, round(area_px(target, rng))), len(on_part))]
    # From crisp to as wide as the spots are high.
    draw = rng.between(0.0, 1.0)
    slope = scene.pixels(0.03) + 0.3 * draw * draw * draw
    return np.where(target.part_HW, inside(level - height, slope), 0.0)


def _two_to(power: int) -> float:
    return float(2**power)


def _texture(scene: Scene, rng: ExactRng) -> Plane:
    """Stripes, checks, clouds or grains, in [0, 1]."""
    size = scene.target.size_px
    choice = rng.whole(0, 3)
    period = scene.pixels(rng.between(4.0, 20.0))
    if choice == 3:
        return _grains(size, rng, max(1, round(period / 6)))
    clouds = perlin(rng, size, (size[0] / period / 2.0, size[1] / period / 2.0))
    if choice == 2:
        fine = perlin(rng, size, (size[0] / period * 2.0, size[1] / period * 2.0))
        return np.clip(0.5 + 0.5 * clouds + 0.25 * fine, 0.0, 1.0)
    row, column = rng.direction()
    down, right = offsets(size, (0.0, 0.0))
    stripes = wave((down * row + right * column) / period + 0.3 * clouds)
    if choice == 1:
        stripes = stripes * wave((down * column - right * row) / period + 0.3 * clouds)
    return 0.5 + 0.5 * stripes


def _grains(size: tuple[int, int], rng: ExactRng, grain_px: int) -> Plane:
    coarse = rng.uniform_array(-(-size[0] // grain_px), -(-size[1] // grain_px))
    return np.repeat(np.repeat(coarse, grain_px, axis=0), grain_px, axis=1)[: size[0], : size[1]]


def _coloured(texture: Plane, rng: ExactRng, *, grey: bool) -> Colours:
    """From one colour to another."""
    ends = rng.uniform_array(2, 3) * 255.0
    first, last = ends[:, [0, 0, 0]] if grey else ends
    coloured: Colours = texture[:, :, None] * (last - first) + first
    return coloured
