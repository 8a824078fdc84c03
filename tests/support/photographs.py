"""Surfaces, and photographs of them: the same thing under other light, a little shifted, with other noise."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE_PX = 96
_MARGIN_PX = 4


def surface(seed: int) -> NDArray[np.float64]:
    """Brightness from 0 to 1 of a texture that no other seed has, with a margin around what is seen."""
    side = SIDE_PX + 2 * _MARGIN_PX
    grain = gaussian_filter(np.random.default_rng(seed).standard_normal((side, side)), 2.0)
    return np.clip(0.5 + 0.15 * grain / grain.std(), 0.05, 0.95)


def photograph(
    seen: NDArray[np.float64],
    *,
    gain: float = 1.0,
    gamma: float = 1.0,
    slope: float = 0.0,
    shift_px: tuple[int, int] = (0, 0),
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A photograph of a surface.

    Args:
        seen: As `surface` makes it.
        gain: Factor of the brightness.
        gamma: Exponent of the brightness.
        slope: How much of the light is lost from the left edge to the right one, a fraction.
        shift_px: How far the camera is off, down and right; at most 4 each way.
        seed: Of the noise.
    """
    top, left = _MARGIN_PX + shift_px[0], _MARGIN_PX + shift_px[1]
    light = 1.0 - slope * np.linspace(0.0, 1.0, SIDE_PX)
    pixels = 255 * gain * light * seen[top : top + SIDE_PX, left : left + SIDE_PX] ** gamma
    noise = np.random.default_rng(1_000_003 * seed + 7).normal(0.0, 1.0, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


EXPOSURES = (
    {"gain": 0.5},
    {"gain": 1.3, "shift_px": (1, -2)},
    {"gamma": 0.7, "slope": 0.4, "shift_px": (-2, 1)},
    {"gain": 0.8, "gamma": 1.4, "shift_px": (2, 2)},
)


def exposures(seed: int) -> list[NDArray[np.uint8]]:
    """Four photographs of one surface, as different as an operator may take them."""
    seen = surface(seed)
    return [photograph(seen, seed=4 * seed + number, **how) for number, how in enumerate(EXPOSURES)]  # type: ignore[arg-type]


def write(path: Path, pixels: NDArray[np.uint8]) -> None:
    """As a PNG or JPEG file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def mtd(root: Path, num_tiles: int = 12) -> Path:
    """The layout of MTD: normal tiles in four exposures each; two cracked ones, the first of them a normal one too."""
    base = root / "mtd"
    for tile in range(num_tiles):
        for number, pixels in enumerate(exposures(tile)):
            write(base / f"MT_Free/Imgs/exp{number + 1}_num_{tile}.jpg", pixels)
    for tile in (0, 1000):
        pixels = exposures(tile)[1]
        mask = np.zeros_like(pixels)
        mask[40:50, 40:50] = 255
        write(base / f"MT_Crack/Imgs/exp2_num_{tile}.jpg", np.where(mask > 0, np.uint8(250), pixels))
        write(base / f"MT_Crack/Imgs/exp2_num_{tile}.png", mask)
    return base


def tile_of(sample_id: str) -> str:
    """Which of the tiles that `mtd` wrote a sample shows."""
    return sample_id.removesuffix(".jpg").rpartition("_")[2]
