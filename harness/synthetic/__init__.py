"""Defects made on normal images: the smallest generator that the search can be tried with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KINDS: tuple[str, ...] = ("patch", "scratch")


@dataclass(frozen=True)
class SyntheticSet:
    """Images with one defect each, and where it is."""

    images_NHWC: NDArray[np.uint8]
    masks_NHW: NDArray[np.bool_]
    kinds: tuple[str, ...]


def make_defects(images_NHWC: NDArray[np.uint8], seed: int, kinds: Sequence[str] = KINDS) -> SyntheticSet:
    """One defect an image, kinds in turn; decided by seed, position and image."""
    images, masks, made = images_NHWC.copy(), np.zeros(images_NHWC.shape[:3], np.bool_), []
    height, width = images.shape[1:3]
    for row in range(len(images)):
        dice = np.random.default_rng([seed, row])
        kind = kinds[row % len(kinds)]
        high, wide = (height // 6, width // 6) if kind == "patch" else (max(2, height // 40), width // 3)
        top, left = int(dice.integers(height - high)), int(dice.integers(width - wide))
        box = (row, slice(top, top + high), slice(left, left + wide))
        other = images_NHWC[row, (top + height // 2) % (height - high) :, (left + width // 2) % (width - wide) :]
        texture = other[:high, :wide].astype(np.int16) + int(dice.choice([-40, 40]))
        images[box] = np.clip(texture, 0, 255).astype(np.uint8)
        masks[box] = True
        made.append(kind)
    return SyntheticSet(images, masks, tuple(made))
