"""The tally of a category's pixels, and how much each defect score adds to the overlap of regions.

Shapes: H height, W width, of one image; P defect pixels; K distinct defect scores, ascending.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from harness.metrics.checks import check_both_classes, check_scores
from harness.metrics.tally import Scores, Tally, tally_scores

MapsAndMasks: TypeAlias = Callable[[], Iterable[tuple[Scores, NDArray[np.bool_]]]]
MapsAndShares: TypeAlias = Callable[[], Iterable[tuple[Scores, NDArray[np.bool_], Callable[[], NDArray[np.float64]]]]]
"""Checked maps and masks, each with a function that computes the share of its region of each defect pixel (P)."""

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=np.bool_)
"""Connectivity of the official evaluation code of MVTec AD."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PixelTally(Tally):
    """Pixel scores of a category, counted."""

    overlap_at: NDArray[np.float64]
    """Shape (K,): rise at this score of the overlap, summed over regions; in all, the number of regions."""


def tally_pixels(maps_and_masks: MapsAndMasks) -> PixelTally:
    """Count a category whose regions are the connected parts of its masks.

    Raises:
        ValueError: See ``measure``.
    """
    return tally_shares(lambda: _with_region_shares(maps_and_masks()))


def tally_shares(maps_and_shares: MapsAndShares) -> PixelTally:
    """Count a category in two passes: defect pixels and regions first, then the normal pixels.

    Memory is O(defect pixels + one image), about 120 bytes a defect pixel.

    Args:
        maps_and_shares: Called twice. The shares of each region add up to 1; they are asked for once,
            and only where a mask has a defect pixel.

    Raises:
        ValueError: See ``measure``.
    """
    scores_of_images: list[Scores] = []
    shares_of_images: list[NDArray[np.float64]] = []
    num_normals = num_defects = 0
    for map_HW, mask_HW, shares_of_P in maps_and_shares():
        num_image_defects = int(np.count_nonzero(mask_HW))
        num_normals += mask_HW.size - num_image_defects
        num_defects += num_image_defects
        if num_image_defects:
            scores_of_images.append(map_HW[mask_HW])
            shares_of_images.append(shares_of_P())
    if num_normals + num_defects == 0:
        raise ValueError("No image was given, expected at least one map and its mask.")
    check_both_classes("pixels", num_defects, num_normals)

    normals = (map_HW[~mask_HW] for map_HW, mask_HW, _ in maps_and_shares())
    tally, index_P = tally_scores(np.concatenate(scores_of_images), normals)
    if tally.num_normals != num_normals:
        raise ValueError(
            f"The second pass over the images gave {tally.num_normals} normal pixels, the first {num_normals}; "
            "expected the same images each time the callable is called."
        )
    overlap_K = np.bincount(index_P, weights=np.concatenate(shares_of_images))
    # Weighted counts are float64 already; only the type stubs of NumPy say integers.
    return PixelTally(**vars(tally), overlap_at=overlap_K.astype(np.float64, copy=False))


def tally_arrays(maps_BHW: Scores, masks_BHW: NDArray[np.bool_]) -> PixelTally:
    """Count a category whose maps are one array.

    Raises:
        ValueError: See ``pixel_metrics``.
    """
    if maps_BHW.ndim != 3 or maps_BHW.shape != masks_BHW.shape:
        raise ValueError(
            f"Maps have shape {maps_BHW.shape}, masks {masks_BHW.shape}; expected the same three dimensions (BHW)."
        )
    return tally_pixels(lambda: zip(maps_BHW, masks_BHW, strict=True))


def region_shares(mask_HW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One over the size of its 8-connected region for each defect pixel, in row-major order.

    >>> region_shares(np.array([[True, True, False, True]]))
    array([0.5, 0.5, 1. ])
    """
    regions_HW, _ = label(mask_HW, structure=EIGHT_NEIGHBOURS)
    region_P = regions_HW[mask_HW]
    return 1 / np.bincount(region_P)[region_P]


def _with_region_shares(
    maps_and_masks: Iterable[tuple[Scores, NDArray[np.bool_]]],
) -> Iterator[tuple[Scores, NDArray[np.bool_], Callable[[], NDArray[np.float64]]]]:
    for position, (map_HW, mask_HW) in enumerate(maps_and_masks):
        check_scores(f"Image {position}", map_HW, mask_HW, "HW")
        yield map_HW, mask_HW, partial(region_shares, mask_HW)
