"""All metrics of a test set at once.

Shapes: B images, H height, W width.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.aupro import overlap_at
from harness.metrics.catalogue import Metric, find_metric, metric_names
from harness.metrics.checks import OneClassError, check_both_classes, check_scores
from harness.metrics.overlap import MapsAndMasks, tally_arrays, tally_pixels
from harness.metrics.parts import of_parts
from harness.metrics.spro import MapsAndRegions
from harness.metrics.tally import Scores, Tally, tally_scores
from harness.metrics.verdicts import Segmentation, Verdicts

CURVE_FPRS = np.linspace(0, 0.3, 101)
"""False positive rates at which the overlap curve is kept."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All metrics of a test set."""

    metrics: dict[str, float | None]
    """Metric name to its value in [0, 1]; None where it is not defined, among others without a defect pixel."""
    overlap_curve: tuple[float, ...] | None
    """Mean overlap of the regions at each of ``CURVE_FPRS``; None without masks."""


def measure(
    scores_B: Scores,
    labels_B: NDArray[np.bool_],
    maps_and_masks: MapsAndMasks | None = None,
    regions_of_kinds: Sequence[MapsAndRegions] | None = None,
    threshold: float | None = None,
    parts: Sequence[str] | None = None,
    pixel_threshold: float | None = None,
) -> Measured:
    """Compute every metric of the catalogue.

    Exact: nothing is binned. Memory is O(defect pixels + one image), and images may differ in size.

    Args:
        scores_B: Anomaly scores, float32 or float64, higher is more anomalous. Only their order matters.
        labels_B: True for an image with a defect.
        maps_and_masks: Called up to three times; each call gives the same pairs of an anomaly map (H, W), float32 or
            float64, and its mask (H, W), True on defect pixels. None if a defect image has no mask.
        regions_of_kinds: For each kind of defect, what ``spro`` takes. None without saturation areas.
        threshold: Above it a score is an alarm; from good images alone. None where there is none.
        parts: Of each image, the name of the part that it shows. None where each image is a part of its own.
        pixel_threshold: Above it a value of a map is an alarm; from good images alone. None where there is none.

    Raises:
        ValueError: Shapes differ, a dtype is wrong, nothing was given, a score is NaN or infinite, all images are of
            one class, or the second call gave another number of normal pixels.

    >>> measured = measure(np.array([0.1, 0.9]), np.array([False, True]))
    >>> measured.metrics["image_auroc"], measured.metrics["pixel_auroc"]
    (1.0, None)
    """
    # Masks can be left without a defect pixel where they are resized or moved.
    pixels = None
    if maps_and_masks is not None:
        with suppress(OneClassError):
            pixels = tally_pixels(maps_and_masks)
    given = {
        "scores": _image_tally(scores_B, labels_B),
        "masks": pixels,
        "regions": regions_of_kinds,
        "verdicts": None if threshold is None else Verdicts.of(scores_B, labels_B, threshold),
        "segmentation": None
        if maps_and_masks is None or pixels is None or pixel_threshold is None
        else Segmentation.of(maps_and_masks(), labels_B, pixel_threshold),
        "parts": None if parts is None else _part_tally(scores_B, labels_B, parts),
    }
    return Measured(
        metrics={
            metric.name: None if given[metric.needs] is None else _value(metric, given[metric.needs])
            for metric in map(find_metric, metric_names())
        },
        overlap_curve=None if pixels is None else tuple(overlap_at(pixels, CURVE_FPRS).tolist()),
    )


def image_metrics(scores_B: Scores, labels_B: NDArray[np.bool_]) -> dict[str, float]:
    """The metrics of image scores, by name, those of plug-ins among them; our definitions are scikit-learn's.

    Args:
        scores_B: Anomaly scores, float32 or float64, higher is more anomalous. Only their order matters.
        labels_B: True for an image with a defect.

    Raises:
        ValueError: Shapes differ or are not 1-D, a dtype is wrong, nothing was given, a score is NaN
            or infinite, or one of the two classes is absent.

    >>> image_metrics(np.array([0.1, 0.4, 0.3, 0.9]), np.array([False, False, True, True]))["image_auroc"]
    0.75
    """
    tally = _image_tally(scores_B, labels_B)
    return {metric.name: float(metric.compute(tally)) for metric in _needing("scores")}


def pixel_metrics(maps_BHW: Scores, masks_BHW: NDArray[np.bool_]) -> dict[str, float]:
    """The metrics of maps that are held in one array, by name, those of plug-ins among them.

    Args:
        maps_BHW: Anomaly maps, float32 or float64, higher is more anomalous. Only their order matters.
        masks_BHW: True on defect pixels; same shape. Images without a defect count as negatives.

    Raises:
        ValueError: Shapes differ or are not 3-D, a dtype is wrong, nothing was given, a score is NaN
            or infinite, or no pixel or every pixel is a defect.

    >>> masks_BHW = np.array([[[True, False, False]]])
    >>> pixel_metrics(np.array([[[0.9, 0.1, 0.2]]]), masks_BHW)["aupro_30"]
    1.0
    """
    tally = tally_arrays(maps_BHW, masks_BHW)
    return {metric.name: float(metric.compute(tally)) for metric in _needing("masks")}


def _needing(needs: str) -> list[Metric]:
    return [metric for metric in map(find_metric, metric_names()) if metric.needs == needs]


def _value(metric: Metric, given: Any) -> float | None:
    try:
        return float(metric.compute(given))
    except OneClassError:  # all regions of a kind of defect are gone
        return None


def _image_tally(scores_B: Scores, labels_B: NDArray[np.bool_]) -> Tally:
    check_scores("Images", scores_B, labels_B, "B")
    num_defects = int(np.count_nonzero(labels_B))
    check_both_classes("images", num_defects, len(labels_B) - num_defects)
    tally, _ = tally_scores(scores_B[labels_B], [scores_B[~labels_B]])
    return tally


def _part_tally(scores_B: Scores, labels_B: NDArray[np.bool_], parts: Sequence[str]) -> Tally | None:
    """None where all parts are of one class: their images need not be."""
    scores_P, labels_P = of_parts(scores_B, labels_B, parts)
    return _image_tally(scores_P, labels_P) if 0 < np.count_nonzero(labels_P) < len(labels_P) else None
