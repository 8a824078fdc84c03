"""One defect image for each normal image.

Shapes: N images, H x W pixels, 3 colour channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.synthetic.exact import ExactRng
from harness.synthetic.foreground import foreground
from harness.synthetic.kinds import KINDS, MAKERS
from harness.synthetic.regions import area_px, blob
from harness.synthetic.scene import Photograph, Scene
from harness.synthetic.visible import lay_over, shaded

MIN_SIDE_PX = 16
_TRIES = 12
_SHADE_LEVELS = 6.0
"""How much stronger the contrast becomes with each try."""


@dataclass(frozen=True, eq=False)
class SyntheticSet:
    """Defect images in the order of the normal images they were made of."""

    images_NHWC: NDArray[np.uint8] = field(repr=False)
    """RGB, 0 to 255; outside the mask no channel differs from the normal image by 10 levels, and away from it none
    at all."""
    masks_NHW: NDArray[np.bool_] = field(repr=False)
    """True on the defect: on pixels of which a channel differs by 10 levels or more, and in gaps of up
    to 4 px between them. At least half of a mask differs so, and no mask is empty."""
    kinds: tuple[str, ...]
    """The kind of each image's defect."""


def make_defects(images_NHWC: NDArray[np.uint8], seed: int, kinds: Sequence[str] = KINDS) -> SyntheticSet:
    """Put one defect on each normal image, the kinds in turn.

    A defect depends on seed, position and images alone, and is the same to the last bit on every machine
    with the same versions of numpy, scipy and Pillow. On a part before a uniform background it lies on
    the part. It covers .04 % to 40 % of the image, half of the time less than 2.5 %.

    Args:
        images_NHWC: uint8 RGB, 0 to 255, at least one image of 16 x 16 px; should be normal images that
            nothing was trained on.
        seed: 0 or more.
        kinds: Of ``KINDS``, each once; image number ``i`` gets kind ``i`` modulo their number.

    Raises:
        ValueError: Images, seed or kinds are not so.
    """
    _check(images_NHWC, seed, kinds)
    photographs = [Photograph(pixels_HW3=image, part_HW=foreground(image)) for image in images_NHWC]
    made = [_make(photographs, position, kinds[position % len(kinds)], seed) for position in range(len(photographs))]
    return SyntheticSet(
        images_NHWC=np.stack([image for image, _ in made]),
        masks_NHW=np.stack([mask for _, mask in made]),
        kinds=tuple(kinds[position % len(kinds)] for position in range(len(photographs))),
    )


def _make(
    photographs: Sequence[Photograph], position: int, kind: str, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rng = ExactRng(seed, position)
    target = photographs[position]
    for number in range(_TRIES):
        scene = Scene(target=target, source=photographs[rng.whole(0, len(photographs) - 1)])
        # A defect that nobody sees is none: try another, with ever more contrast.
        image, mask = lay_over(target, MAKERS[kind](scene, rng), number * _SHADE_LEVELS)
        if mask.any():
            return image, mask
    region = np.zeros_like(target.part_HW)
    while not region.any():
        region = blob(target, rng, target.place(rng), max(9.0, 0.5 * area_px(target, rng)), edge_px=1.0) >= 0.5
    return shaded(target, region), region


def _check(images_NHWC: NDArray[np.uint8], seed: int, kinds: Sequence[str]) -> None:
    if images_NHWC.dtype != np.uint8 or images_NHWC.ndim != 4 or images_NHWC.shape[3] != 3 or not len(images_NHWC):
        raise ValueError(
            "images_NHWC must be uint8 of shape (N, H, W, 3) with at least one image, "
            f"got {images_NHWC.dtype} of shape {images_NHWC.shape}."
        )
    if min(images_NHWC.shape[1:3]) < MIN_SIDE_PX:
        raise ValueError(
            f"Images must have at least {MIN_SIDE_PX} px on each side, "
            f"got {images_NHWC.shape[1]} x {images_NHWC.shape[2]} px."
        )
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}.")
    unknown = [kind for kind in kinds if kind not in MAKERS]
    if unknown or not kinds or len(set(kinds)) < len(kinds):
        raise ValueError(f"kinds must be some of {', '.join(KINDS)}, each once; got {', '.join(kinds) or 'none'}.")
