"""Metrics of one anomaly score an image.

Shapes: B images.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.checks import check_both_classes, check_dimensions, check_scores
from harness.metrics.ranking import auroc, average_precision, f1_max
from harness.metrics.tally import Scores, tally_scores


@dataclass(frozen=True, kw_only=True)
class ImageMetrics:
    """How well anomaly scores tell defect from normal images. Fractions in [0, 1], 1 is perfect."""

    auroc: float
    average_precision: float
    f1_max: float


def image_metrics(scores_B: Scores, labels_B: NDArray[np.bool_]) -> ImageMetrics:
    """Exact image metrics, with the definitions of scikit-learn.

    Args:
        scores_B: Anomaly scores, float32 or float64, higher is more anomalous. Only their order matters.
        labels_B: True for an image with a defect.

    Raises:
        ValueError: Shapes differ or are not 1-D, a dtype is wrong, nothing was given, a score is NaN
            or infinite, or one of the two classes is absent.
    """
    check_dimensions("Image scores", scores_B, "B")
    check_scores("Images", scores_B, labels_B)
    num_defects = int(np.count_nonzero(labels_B))
    check_both_classes("images", num_defects, len(labels_B) - num_defects)
    tally, _ = tally_scores(scores_B[labels_B], [scores_B[~labels_B]])
    return ImageMetrics(auroc=auroc(tally), average_precision=average_precision(tally), f1_max=f1_max(tally))
