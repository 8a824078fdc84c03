"""Look-alike parts, each photographed once or twice: screws in any pose on a plain background, and upright plates."""

import io
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE_PX = 256
_MARGIN_PX = 8

Scene = NDArray[np.float64]
"""Brightness from 0 to 1, with a margin around what is seen."""

SECOND_PHOTOGRAPHS: Mapping[str, Mapping[str, object]] = {
    "exposure": {"gain": 0.7},
    "gamma": {"gamma": 1.3},
    "shift": {"shift_px": (3, -4)},
    "noise": {"noise_grey": 4.0},
    "jpeg": {"jpeg_quality": 75},
    "all": {"gain": 0.75, "shift_px": (-4, 3), "noise_grey": 3.0, "jpeg_quality": 80},
}
"""How the second photograph of a part differs from the first."""


def screw(rng: np.random.Generator, marks: float = 0.03) -> Scene:
    """A screw at any angle. ``marks``: deviation of the marks that no other screw has, a fraction of white."""
    down, right = _grid()
    angle = rng.uniform(0, 2 * np.pi)
    row, column = SIDE_PX / 2 + rng.uniform(-SIDE_PX / 10, SIDE_PX / 10, 2)
    along = ((right - column) * np.cos(angle) + (down - row) * np.sin(angle)) / SIDE_PX
    across = ((down - row) * np.cos(angle) - (right - column) * np.sin(angle)) / SIDE_PX
    half_length, half_width, pitch = 0.36, 0.045, 0.028
    thread = np.cos(2 * np.pi * (along / pitch + rng.uniform()) + 1.2 * across / half_width)
    radius = half_width * (1 + 0.16 * thread) * np.clip((half_length - along) / 0.08, 0, 1)
    shaft = _inside((np.abs(across) - radius) * SIDE_PX) * _inside((np.abs(along) - half_length) * SIDE_PX)
    cone = 0.1 * np.clip((along + half_length + 0.07) / 0.07, 0, 1)
    head = _inside((np.abs(across) - cone) * SIDE_PX) * _inside((along + half_length) * SIDE_PX)
    metal = np.where(
        head > shaft,
        0.5 + 0.2 * np.cos(14 * across),
        0.45 + 0.28 * np.cos(1.3 * across / half_width + 0.5) + 0.13 * thread,
    )
    part = np.maximum(shaft, head)
    middle = SIDE_PX / 2
    background = 0.82 - 0.1 * ((right - middle) ** 2 + (down - middle) ** 2) / middle**2
    return background * (1 - part) + part * np.clip(metal + marks * _grain(rng, 1.2), 0, 1)


def plate(rng: np.random.Generator, marks: float = 0.02) -> Scene:
    """A brushed plate with four holes, upright but for half a degree and a pixel. ``marks``: as for `screw`."""
    down, right = _grid()
    angle = np.deg2rad(rng.normal(0, 0.5))
    row, column = SIDE_PX / 2 + rng.normal(0, 1.0, 2)
    u = (right - column) * np.cos(angle) + (down - row) * np.sin(angle)
    v = (down - row) * np.cos(angle) - (right - column) * np.sin(angle)
    part = _inside(np.maximum(np.abs(u), np.abs(v)) - 0.38 * SIDE_PX)
    scene = 0.2 * (1 - part) + part * (0.55 + 0.05 * np.cos(v / 3) + marks * _grain(rng, (0.7, 5.0)))
    for x, y, radius in ((-0.22, -0.2, 0.07), (0.2, -0.15, 0.09), (0.1, 0.2, 0.05), (-0.2, 0.2, 0.06)):
        hole = _inside(np.hypot(u - x * SIDE_PX, v - y * SIDE_PX) - radius * SIDE_PX)
        scene = scene * (1 - hole) + 0.08 * hole
    return scene


def photograph(
    scene: Scene,
    rng: np.random.Generator,
    *,
    gain: float = 1.0,
    gamma: float = 1.0,
    shift_px: tuple[int, int] = (0, 0),
    noise_grey: float = 2.0,
    jpeg_quality: int | None = None,
) -> NDArray[np.uint8]:
    """What a camera makes of a scene, whose margin is at least as wide as the shift."""
    top, left = _MARGIN_PX + shift_px[0], _MARGIN_PX + shift_px[1]
    height, width = (side - 2 * _MARGIN_PX for side in scene.shape)
    seen = scene[top : top + height, left : left + width]
    grey = 255 * gain * np.clip(seen, 0, 1) ** gamma + rng.normal(0, noise_grey, seen.shape)
    pixels = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    if jpeg_quality is None:
        return pixels
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=jpeg_quality)
    return np.asarray(Image.open(file))


def photographs(
    make: Callable[[np.random.Generator], Scene], num_parts: int, num_twins: int, seed: int = 0
) -> tuple[list[NDArray[np.uint8]], list[int], list[str]]:
    """Photographs of parts, the first ``num_twins`` of them photographed twice.

    Returns:
        The images; the part that each shows; and how a second photograph differs, empty for a first one.
    """
    images, parts, how = [], [], []
    for part in range(num_parts):
        rng = np.random.default_rng([seed, part])
        scene = make(rng)
        images.append(photograph(scene, rng))
        parts.append(part)
        how.append("")
        if part < num_twins:
            kind = list(SECOND_PHOTOGRAPHS)[part % len(SECOND_PHOTOGRAPHS)]
            images.append(photograph(scene, rng, **SECOND_PHOTOGRAPHS[kind]))  # type: ignore[arg-type]
            parts.append(part)
            how.append(kind)
    return images, parts, how


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    side = np.arange(-_MARGIN_PX, SIDE_PX + _MARGIN_PX, dtype=np.float64)
    down, right = np.meshgrid(side, side, indexing="ij")
    return down, right


def _grain(rng: np.random.Generator, blur_px: float | tuple[float, float]) -> NDArray[np.float64]:
    side = SIDE_PX + 2 * _MARGIN_PX
    grain = gaussian_filter(rng.standard_normal((side, side)), blur_px)
    return grain / grain.std()


def _inside(distance_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where a signed distance is negative, 0 where it is positive, smooth over two pixels."""
    share = np.clip(0.5 - distance_px / 2, 0, 1)
    return share * share * (3 - 2 * share)
