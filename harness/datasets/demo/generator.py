"""Generates the images of a category in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from harness.datasets.demo.canvas import SIZE_PX, Camera, Picture
from harness.datasets.demo.defects import Damaged
from harness.datasets.demo.parts import Board, Nut
from harness.datasets.demo.textures import Fabric, Tile, Wood
from harness.synthetic.exact import ExactRng

SEED = 20240229
"""Root of all random draws. Another number gives another data set, so a change must raise the version."""
NUM_TRAIN = 40
NUM_TEST_GOOD = 20
NUM_TEST_DEFECT = 20


class Surface(Interface):
    """One category: its normal scenes and its kinds of defects."""

    kinds: tuple[str, ...]
    camera: Camera

    def normal(self, rng: ExactRng) -> Picture:
        """A scene without a defect."""
        ...

    def defective(self, rng: ExactRng, kind: str) -> Damaged:
        """A scene with one defect of ``kind``, and its pixels."""
        ...


SURFACES: dict[str, Surface] = {"board": Board(), "fabric": Fabric(), "nut": Nut(), "tile": Tile(), "wood": Wood()}


@dataclass(frozen=True)
class GeneratedImage:
    """One image of the data set, ready to be written."""

    folder: str
    """``train/good``, ``test/good`` or ``test/<kind>``."""
    stem: str
    pixels: NDArray[np.uint8]
    """``(SIZE_PX, SIZE_PX, 3)``."""
    mask: NDArray[np.bool_] | None
    """True on defect pixels; None for a sound image."""


def generate(category: str) -> Iterator[GeneratedImage]:
    """Every image of one category, in a fixed order; each depends on its own number alone."""
    surface = SURFACES[category]
    for number in range(NUM_TRAIN):
        yield _sound(surface, "train/good", number, _image_rng(category, 0, number))
    for number in range(NUM_TEST_GOOD):
        yield _sound(surface, "test/good", number, _image_rng(category, 1, number))
    for number in range(NUM_TEST_DEFECT):
        kind = surface.kinds[number % len(surface.kinds)]
        rng = _image_rng(category, 2, number)
        scene, mask = surface.defective(rng, kind)
        assert mask.shape == (SIZE_PX, SIZE_PX)
        assert mask.any()
        stem = f"{number // len(surface.kinds):03d}"
        yield GeneratedImage(f"test/{kind}", stem, surface.camera.shoot(scene, rng), mask)


def _sound(surface: Surface, folder: str, number: int, rng: ExactRng) -> GeneratedImage:
    scene = surface.normal(rng)
    return GeneratedImage(folder, f"{number:03d}", surface.camera.shoot(scene, rng), None)


def _image_rng(category: str, role: int, number: int) -> ExactRng:
    # The name's own letters, not its position: a new category leaves the others as they are.
    return ExactRng(SEED, *category.encode(), role, number)
