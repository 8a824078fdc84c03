"""Pictures of what a kept detector found: overlays, masks and maps, each written whole or not at all.

Shapes: Y x X pixels of an image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from harness.atomic_files import unfinished_file
from harness.images import resize_map

MapFormat = Literal["float", "16bit"]
_COLOURS = (colormaps["inferno"](np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)
_OUTLINE = (0, 229, 255)
_MAX_ALPHA = 0.7


@dataclass(frozen=True)
class MapScale:
    """One scale for all pictures of a detector: the pixel threshold is in its middle."""

    low: float
    """Shown as the darkest colour: the mean of the maps of held-out good images."""
    threshold: float

    @property
    def high(self) -> float:
        """Shown as the brightest colour."""
        return self.low + 2 * max(self.threshold - self.low, 1e-12)

    def relative(self, map_YX: NDArray[np.float32]) -> NDArray[np.float32]:
        """A map with 0 at the low end of the scale and 1 at the threshold, in the same order; not clipped.

        >>> MapScale(1.0, 3.0).relative(np.array([0.0, 1.0, 3.0, 9.0], np.float32)).tolist()
        [-0.5, 0.0, 1.0, 4.0]
        """
        return ((map_YX.astype(np.float64) - self.low) / ((self.high - self.low) / 2)).astype(np.float32)

    def places(self, map_YX: NDArray[np.float32]) -> NDArray[np.float64]:
        """Places on the scale: 0 at its low end, .5 at the threshold, 1 at its high end; clipped.

        >>> MapScale(1.0, 2.0).places(np.array([0.0, 1.0, 2.0, 9.0], np.float32)).tolist()
        [0.0, 0.0, 0.5, 1.0]
        """
        return np.clip((map_YX.astype(np.float64) - self.low) / (self.high - self.low), 0, 1)


def overlay(image_YX3: NDArray[np.uint8], map_YX: NDArray[np.float32], scale: MapScale) -> NDArray[np.uint8]:
    """The image under the colours of its map, with an outline around what is above the threshold.

    Args:
        image_YX3: RGB.
        map_YX: At the size of the image.
        scale: The same for every image of a detector, so that two pictures can be compared.
    """
    places = scale.places(map_YX)
    alpha = (places * _MAX_ALPHA)[..., None]
    colours = _COLOURS[np.rint(places * 255).astype(np.uint8)]
    mixed = np.rint((1 - alpha) * image_YX3 + alpha * colours).astype(np.uint8)
    mixed[_edge(map_YX > scale.threshold)] = _OUTLINE
    return mixed


def write_overlay(path: Path, image_YX3: NDArray[np.uint8], map_YX: NDArray[np.float32], scale: MapScale) -> None:
    """Write ``overlay`` as PNG; ``map_YX`` may have another size."""
    resized = resize_map(map_YX, (image_YX3.shape[0], image_YX3.shape[1]))
    _write(path, lambda file: Image.fromarray(overlay(image_YX3, resized, scale)).save(file, "PNG"))


def write_mask(path: Path, map_YX: NDArray[np.float32], image_px: tuple[int, int], threshold: float) -> None:
    """Write a PNG of the image's size: 255 where the map is above the threshold, 0 elsewhere."""
    mask = (resize_map(map_YX, image_px) > threshold).astype(np.uint8) * np.uint8(255)
    _write(path, lambda file: Image.fromarray(mask).save(file, "PNG"))


def write_map(path: Path, map_YX: NDArray[np.float32], scale: MapScale, kind: MapFormat) -> None:
    """Write a map as TIFF: its own values as 32-bit floats, or places on the scale as 16 bits."""
    values = map_YX if kind == "float" else np.rint(scale.places(map_YX) * 65535).astype(np.uint16)
    _write(path, lambda file: Image.fromarray(values).save(file, "TIFF", compression="tiff_deflate"))


def _edge(above_YX: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inner = above_YX.copy()
    inner[1:] &= above_YX[:-1]
    inner[:-1] &= above_YX[1:]
    inner[:, 1:] &= above_YX[:, :-1]
    inner[:, :-1] &= above_YX[:, 1:]
    return above_YX & ~inner


def _write(path: Path, save: Callable[[BinaryIO], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished_file(path) as unfinished, unfinished.open("wb") as file:
        save(file)
