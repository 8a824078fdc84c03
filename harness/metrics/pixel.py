"""Metrics of anomaly maps against defect masks.

Shapes: B images, H height, W width.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.aupro import area_under_overlap, overlap_at
from harness.metrics.overlap import MapsAndMasks, PixelTally, tally_arrays, tally_pixels
from harness.metrics.ranking import auroc, average_precision, f1_max
from harness.metrics.tally import Scores

CURVE_FPRS = np.linspace(0, 0.3, 101)
"""Where the overlap curve is kept."""


@dataclass(frozen=True, kw_only=True)
class PixelMetrics:
    """How well anomaly maps show where defects are. Fractions in [0, 1], 1 is perfect."""

    auroc: float
    average_precision: float
    f1_max: float
    aupro_30: float
    """AUPRO up to a false positive rate of .3."""
    aupro_05: float
    """AUPRO up to a false positive rate of .05."""
    overlap_curve: tuple[float, ...]
    """Mean overlap of the regions at each of ``CURVE_FPRS``."""


def pixel_metrics(maps_BHW: Scores, masks_BHW: NDArray[np.bool_]) -> PixelMetrics:
    """Exact pixel metrics of maps held in one array.

    Args:
        maps_BHW: Anomaly maps, float32 or float64, higher is more anomalous. Only their order matters.
        masks_BHW: True on defect pixels; same shape. Images without a defect count as negatives.

    Raises:
        ValueError: Shapes differ or are not 3-D, a dtype is wrong, nothing was given, a score is NaN
            or infinite, or no pixel or every pixel is a defect.
    """
    return _metrics(tally_arrays(maps_BHW, masks_BHW))


def pixel_metrics_of(maps_and_masks: MapsAndMasks) -> PixelMetrics:
    """Exact pixel metrics of maps that stream by; equal to the last bit to ``pixel_metrics``.

    Memory is O(defect pixels + one image). Images may differ in size.

    Args:
        maps_and_masks: Called twice; each call gives the same pairs of an anomaly map (H, W), float32
            or float64, and its mask (H, W), True on defect pixels.

    Raises:
        ValueError: A pair's shapes differ or are not 2-D, a dtype is wrong, nothing was given, a score
            is NaN or infinite, no pixel or every pixel is a defect, or the second call gave another
            number of normal pixels.
    """
    return _metrics(tally_pixels(maps_and_masks))


def _metrics(tally: PixelTally) -> PixelMetrics:
    return PixelMetrics(
        auroc=auroc(tally.scores),
        average_precision=average_precision(tally.scores),
        f1_max=f1_max(tally.scores),
        aupro_30=area_under_overlap(tally, 0.3),
        aupro_05=area_under_overlap(tally, 0.05),
        overlap_curve=tuple(overlap_at(tally, CURVE_FPRS).tolist()),
    )
