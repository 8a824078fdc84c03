"""Gradient noise: smooth blotches of a chosen size.

Source: Perlin, "Improving noise", SIGGRAPH 2002 (quintic blending), with random unit gradients as in
"An image synthesizer", SIGGRAPH 1985. No dependency has a generator, and one with cosines would not give
the same bits everywhere (`harness.synthetic.exact`).
"""

import numpy as np

from harness.synthetic.exact import ExactRng, Plane


def perlin(rng: ExactRng, shape: tuple[int, int], cells: tuple[float, float]) -> Plane:
    """One octave of gradient noise.

    Args:
        rng: Draws the gradients.
        shape: Height and width in pixels.
        cells: Lattice cells over the height and over the width, positive; more give finer noise.

    Returns:
        ``shape``, about zero and within [-1, 1].
    """
    down = (np.arange(shape[0], dtype=np.float64) + 0.5) * (cells[0] / shape[0])
    right = (np.arange(shape[1], dtype=np.float64) + 0.5) * (cells[1] / shape[1])
    top, left = np.floor(down).astype(np.int64), np.floor(right).astype(np.int64)
    lattice = (int(top[-1]) + 2, int(left[-1]) + 2)
    half_tangent = 2.0 * rng.uniform_array(*lattice) - 1.0
    flip = np.where(rng.uniform_array(*lattice) < 0.5, -1.0, 1.0)
    square = half_tangent * half_tangent
    gradient_down = flip * (2.0 * half_tangent / (1.0 + square))
    gradient_right = flip * ((1.0 - square) / (1.0 + square))
    y, x = (down - top)[:, None], (right - left)[None, :]

    def corner(lower: int, further: int) -> Plane:
        at = np.ix_(top + lower, left + further)
        value: Plane = gradient_down[at] * (y - lower) + gradient_right[at] * (x - further)
        return value

    fade_y, fade_x = _fade(y), _fade(x)
    upper = corner(0, 0) * (1.0 - fade_x) + corner(0, 1) * fade_x
    below = corner(1, 0) * (1.0 - fade_x) + corner(1, 1) * fade_x
    # The largest value in the plane is the square root of a half.
    return (upper * (1.0 - fade_y) + below * fade_y) / float(np.sqrt(0.5))


def _fade(t: Plane) -> Plane:
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
