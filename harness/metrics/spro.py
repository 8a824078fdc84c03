"""Area under the saturated per-region-overlap curve, the metric of MVTec LOCO AD.

Definition: Bergmann et al., "Beyond Dents and Scratches: Logical Constraints in Unsupervised Anomaly
Detection and Localization" (IJCV 2022), section 4.2, and the evaluation code published with the data
set.

Shapes: H height, W width, of one image; R pixels of one region.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.metrics.aupro import area_under_overlap
from harness.metrics.checks import check_max_fpr, check_scores
from harness.metrics.overlap import tally_shares
from harness.metrics.tally import Scores

Regions: TypeAlias = Sequence[tuple[NDArray[np.bool_], float]]
MapsAndRegions: TypeAlias = Callable[[], Iterable[tuple[Scores, Regions]]]


def spro(maps_and_regions: MapsAndRegions, *, max_fpr: float = 0.05) -> float:
    """Area under the sPRO curve up to ``max_fpr``, scaled to [0, 1].

    A region counts as found as soon as its saturation area is, so a map need not mark every place
    where a missing part could have been. With each connected defect as a region that saturates at
    its own area, this is AUPRO. Exact: every distinct score is a threshold. Memory is
    O(defect pixels + one image).

    The paper's figure is the mean of two: over normal and logical images, and over normal and
    structural ones.

    Args:
        maps_and_regions: Called twice; each call gives the same pairs of an anomaly map (H, W),
            float32 or float64, higher is more anomalous, and the regions of its image: a mask (H, W),
            True on the defect's pixels, and its saturation area in pixels, above 0 and at most the
            mask's own. Regions may overlap and need not be connected. No region: a normal image,
            whose pixels count as negatives, as do those outside every region of the others.
        max_fpr: Right end of the integral, a fraction in (0, 1]. The paper ranks by .05.

    Returns:
        A fraction; a perfect map gives 1.0.

    Raises:
        ValueError: ``max_fpr`` or a saturation area is out of range, a shape or dtype is wrong, a region
            is empty, nothing was given, a score is NaN or infinite, no pixel or every pixel is a defect,
            or the second call gave another number of normal pixels.

    >>> map_HW = np.array([[0.9, 0.1, 0.2, 0.3]])
    >>> region = np.array([[True, True, False, False]]), 1.0  # one of its two pixels is enough
    >>> spro(lambda: [(map_HW, [region])])
    1.0
    """
    check_max_fpr(max_fpr)
    return area_under_overlap(tally_shares(lambda: _with_shares(maps_and_regions())), max_fpr)


def saturated_shares(map_HW: Scores, regions: Regions) -> NDArray[np.float64]:
    """How much each defect pixel adds to the summed saturated overlap once its score is the threshold.

    In a region of saturation area s, the s pixels with the highest scores add 1/s each, a fractional last one
    that fraction of 1/s, and the others nothing. The pixels are those of the union of the masks, in row-major order.

    >>> saturated_shares(np.array([[0.9, 0.1, 0.5]]), [(np.array([[True, True, True]]), 2.0)])
    array([0.5, 0. , 0.5])
    """
    shares_HW = np.zeros(map_HW.shape)
    for mask_HW, saturation in regions:
        order_R = np.argsort(-map_HW[mask_HW], kind="stable")
        reached_R = np.minimum(np.arange(len(order_R) + 1), saturation) / saturation
        shares_R = np.empty(len(order_R))
        shares_R[order_R] = np.diff(reached_R)
        shares_HW[mask_HW] += shares_R
    return shares_HW[_union(map_HW, regions)]


def _with_shares(
    maps_and_regions: Iterable[tuple[Scores, Regions]],
) -> Iterator[tuple[Scores, NDArray[np.bool_], Callable[[], NDArray[np.float64]]]]:
    for position, (map_HW, regions) in enumerate(maps_and_regions):
        _check_regions(f"Image {position}", map_HW, regions)
        union_HW = _union(map_HW, regions)
        check_scores(f"Image {position}", map_HW, union_HW, "HW")
        yield map_HW, union_HW, partial(saturated_shares, map_HW, regions)


def _union(map_HW: Scores, regions: Regions) -> NDArray[np.bool_]:
    union_HW = np.zeros(map_HW.shape, np.bool_)
    for mask_HW, _ in regions:
        union_HW |= mask_HW
    return union_HW


def _check_regions(what: str, map_HW: Scores, regions: Regions) -> None:
    for number, (mask_HW, saturation) in enumerate(regions):
        if mask_HW.dtype != np.bool_ or mask_HW.shape != map_HW.shape:
            raise ValueError(
                f"{what}, region {number}: a mask of dtype {mask_HW.dtype} and shape {mask_HW.shape}, "
                f"expected bool and {map_HW.shape}."
            )
        area = int(np.count_nonzero(mask_HW))
        if not 0 < saturation <= area:
            raise ValueError(
                f"{what}, region {number}: saturation area {saturation}, "
                f"expected above 0 and at most the region's {area}."
            )
