"""Kept detectors of small images, fitted in about a second."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import harness

SIZE_PX = (48, 64)
"""Height and width of the images; the detectors see them at half of it."""
NUM_GOOD = 40
DEFECT = (slice(16, 32), slice(8, 24))
"""Rows and columns of the bright square of a defect."""


def pixels(seed: int, *, defect: bool = False, size_px: tuple[int, int] = SIZE_PX) -> NDArray[np.uint8]:
    """A grey noisy image, with a bright square where it is a defect."""
    image = np.random.default_rng(seed).integers(90, 140, (*size_px, 3), dtype=np.uint8)
    if defect:
        image[DEFECT] = 250
    return image


def write_good(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed)).save(path)
    return path


def write_defect(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed, defect=True)).save(path)
    return path


def write_parts(folder: Path, num_good: int = NUM_GOOD) -> Path:
    """A described folder with good parts alone."""
    for number in range(num_good):
        write_good(folder / f"good/{number:03}.png", number)
    (folder / "dataset.toml").write_text('[categories.parts]\ntrain_good = "good"\n', encoding="utf-8")
    return folder


def fit_bundle(parts: Path, out: Path, method: str = "gaussian", **changes: Any) -> Path:
    """A bundle of the parts; by default of the control, on fixed filters."""
    fields: dict[str, Any] = {
        "datasets": [str(parts)],
        "methods": [method],
        "backbone": "filter_bank",
        "protocol": {"image_size_px": 32},
        "false_alarms": 0.1,
        "device": "cpu",
    }
    (bundle,) = harness.fit(out=out, **(fields | changes))
    return bundle
