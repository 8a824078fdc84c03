"""Test images as a worse camera would give them: what a detector loses when light, focus or position change.

A shift or a rotation moves an image at its own size, and its mask with it. Everything else changes the scaled image
that a method is shown, as is usual (Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", ICLR 2019): noise in the pixels of a large file would be averaged out by shrinking it,
so that a severity would depend on the camera.
"""

import hashlib
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from harness.errors import SettingsError, UnknownNameError

Draw = np.random.Generator
_Strengths = tuple[float, float, float, float, float]
"""Of severities 1 to 5."""


def _noise(image: Image.Image, strength: float, rng: Draw) -> Image.Image:
    noisy = np.array(image, np.float32) + 255 * strength * rng.standard_normal((*image.size[::-1], 3), np.float32)
    return Image.fromarray(np.rint(noisy.clip(0, 255)).astype(np.uint8))


def _blur(image: Image.Image, strength: float, rng: Draw) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(strength))


def _brightness(image: Image.Image, strength: float, rng: Draw) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1 + strength * rng.choice((-1, 1)))


def _contrast(image: Image.Image, strength: float, rng: Draw) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(strength)


def _jpeg(image: Image.Image, strength: float, rng: Draw) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=round(strength))
    return Image.open(stream, formats=("JPEG",))


_DEGRADE: Mapping[str, tuple[Callable[[Image.Image, float, Draw], Image.Image], _Strengths]] = {
    # Standard deviation, as a share of white.
    "noise": (_noise, (0.02, 0.04, 0.06, 0.09, 0.12)),
    # Standard deviation of a Gaussian, in pixels.
    "blur": (_blur, (0.5, 1.0, 1.5, 2.0, 3.0)),
    # Share by which an image is brighter or darker.
    "brightness": (_brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
    # Share of the contrast that is left.
    "contrast": (_contrast, (0.85, 0.7, 0.55, 0.4, 0.3)),
    # Quality of the encoder.
    "jpeg": (_jpeg, (60, 40, 25, 15, 10)),
}
_MOVE: Mapping[str, _Strengths] = {
    # Share of height and width, in any direction.
    "shift": (0.01, 0.02, 0.03, 0.04, 0.05),
    # Degrees, to either side.
    "rotation": (1.0, 2.0, 3.0, 5.0, 8.0),
}
NAMES = (*_DEGRADE, *_MOVE)
NUM_SEVERITIES = 5


@dataclass(frozen=True)
class Corruption:
    """What happens to one image. Equal ones change an image in the same way.

    >>> Corruption.of("blur:2", seed=0, image_id="test/000.png")
    Corruption(name='blur', severity=2, seed=6364060298509977390)
    """

    name: str
    severity: int
    """1 to 5."""
    seed: int
    """Of all draws."""

    @classmethod
    def of(cls, text: str, seed: int, image_id: str) -> "Corruption":
        """The corruption of an image in a cell.

        Args:
            text: ``NAME:SEVERITY``, checked.
            seed: Of the cell.
            image_id: Decides the draws together with the seed and the name, so that severities differ in nothing else.
        """
        name, _, severity = text.partition(":")
        content = f"{name}|{seed}|{image_id}".encode("utf-8", "surrogateescape")
        return cls(name, int(severity), int.from_bytes(hashlib.sha256(content).digest()[:8], "big"))

    def moved(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """An image or a mask at its own size, shifted or turned about its middle; other corruptions leave it alone.

        What comes into sight repeats the nearest pixel of the edge, in the mask too.

        Args:
            pixels: ``(H, W, 3)``, 0 to 255, interpolated between pixels, or a mask ``(H, W)``, not interpolated.

        Returns:
            An array of the same shape and type; the input itself if nothing moves it.
        """
        if self.name not in _MOVE:
            return pixels
        height, width = pixels.shape[:2]
        rng, strength = np.random.default_rng(self.seed), _MOVE[self.name][self.severity - 1]
        degrees, down, right = 0.0, 0, 0
        if self.name == "rotation":
            degrees = strength * rng.choice((-1, 1))
        else:
            direction = 2 * math.pi * rng.random()
            down, right = round(strength * height * math.sin(direction)), round(strength * width * math.cos(direction))
        # Far enough for every corner.
        border = math.ceil(math.hypot(height, width) * math.sin(math.radians(abs(degrees))) / 2) + 1
        border += max(abs(down), abs(right))
        padded = np.pad(pixels, [(border, border)] * 2 + [(0, 0)] * (pixels.ndim - 2), mode="edge")
        sampling = Image.Resampling.BILINEAR if pixels.ndim == 3 else Image.Resampling.NEAREST
        image = Image.fromarray(padded.astype(np.uint8)).rotate(degrees, sampling, translate=(right, down))
        return np.array(image)[border : border + height, border : border + width].astype(pixels.dtype)

    def degraded(self, pixels_HW3: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A scaled image with noise, blur or other light; a shift and a rotation leave it alone.

        Args:
            pixels_HW3: ``(H, W, 3)``, 0 to 255.
        """
        if self.name not in _DEGRADE:
            return pixels_HW3
        change, strengths = _DEGRADE[self.name]
        rng = np.random.default_rng(self.seed)
        return np.array(change(Image.fromarray(pixels_HW3), strengths[self.severity - 1], rng))


def check_corruption(text: str) -> None:
    """Refuse what is no ``NAME:SEVERITY``.

    Raises:
        UnknownNameError: No corruption has this name.
        SettingsError: There is no severity, or it is none of 1 to 5.
    """
    name, _, severity = text.partition(":")
    if name not in NAMES:
        raise UnknownNameError.of("corruption", name, NAMES)
    if severity not in map(str, range(1, NUM_SEVERITIES + 1)):
        raise SettingsError(f"--corrupt: expected {name}:1 to {name}:{NUM_SEVERITIES}, got {text!r}.")
