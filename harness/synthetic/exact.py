"""Random draws and shapes from arithmetic that every machine rounds alike.

Only integers, IEEE-exact elementwise operations (``+ - * /``, ``sqrt``, ``floor``, ``mod``, comparisons) and
uniform draws are used: no sine, power, normal draw or floating-point sum, whose last bit depends on
the processor and the C library. Generated images must be the same to the last bit everywhere, or
their fingerprints, and with them every cell, would differ.
"""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
"""``(H, W)``: one value a pixel."""


class ExactRng:
    """Random draws of one image, a pure function of the numbers it is built from."""

    def __init__(self, *entropy: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    def between(self, low: float, high: float) -> float:
        """A uniform number in ``[low, high)``."""
        # Not Generator.uniform: its C code may fuse the multiplication and the addition.
        return low + (high - low) * float(self._rng.random())

    def whole(self, low: int, high: int) -> int:
        """A uniform integer in ``[low, high]``, both ends included."""
        return int(self._rng.integers(low, high, endpoint=True))

    def sign(self) -> float:
        """-1.0 or 1.0."""
        return 1.0 if self.whole(0, 1) else -1.0

    def uniform_array(self, *shape: int) -> NDArray[np.float64]:
        """Independent uniform numbers in [0, 1)."""
        return self._rng.random(shape)

    def direction(self) -> tuple[float, float]:
        """A unit vector ``(row, column)`` of any orientation, near enough to uniform."""
        half_tangent = self.between(-1.0, 1.0)
        row, column = unit_vector(half_tangent)
        return (row, column) if self.whole(0, 1) else (-row, -column)


def unit_vector(half_tangent: float) -> tuple[float, float]:
    """``(sine, cosine)`` of the angle whose half has this tangent, without trigonometry."""
    square = half_tangent * half_tangent
    return 2.0 * half_tangent / (1.0 + square), (1.0 - square) / (1.0 + square)


def wave(phase: Plane) -> Plane:
    """A smooth periodic function of period 1 in [-1, 1]: a sine made of two parabolas."""
    turn = phase - np.floor(phase)
    arch = np.where(turn < 0.5, turn, turn - 0.5)
    bow = 16.0 * arch * (0.5 - arch)
    return np.where(turn < 0.5, bow, -bow)


def smooth_step(value: Plane) -> Plane:
    """0 below 0, 1 above 1, and a smooth rise between."""
    clipped = np.clip(value, 0.0, 1.0)
    return clipped * clipped * (3.0 - 2.0 * clipped)


def inside(distance_px: Plane, edge_px: float = 1.0) -> Plane:
    """Coverage in [0, 1] from a signed distance, negative inside; the edge is ``edge_px`` soft."""
    return np.clip(0.5 - distance_px / edge_px, 0.0, 1.0)
