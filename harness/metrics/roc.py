"""The ROC curve itself, for drawing.

Shapes: B images, P points of the curve.
"""

import numpy as np
from numpy.typing import NDArray

from harness.metrics.checks import check_both_classes, check_dimensions, check_scores
from harness.metrics.tally import Scores


def roc_curve(scores_B: Scores, labels_B: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True over false positive rates at every distinct score, from (0, 0) to (1, 1).

    The area below it is the AUROC: scores that tie are one straight line.

    Args:
        scores_B: Anomaly scores, float32 or float64, higher is more anomalous. Only their order matters.
        labels_B: True for an image with a defect.

    Returns:
        False and true positive rates, both shaped (P,), fractions that do not decrease.

    Raises:
        ValueError: As ``image_metrics``.

    >>> fprs_P, tprs_P = roc_curve(np.array([0.1, 0.4, 0.3, 0.9]), np.array([False, False, True, True]))
    >>> fprs_P, tprs_P
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))
    """
    check_dimensions("Image scores", scores_B, "B")
    check_scores("Images", scores_B, labels_B)
    num_defects = int(np.count_nonzero(labels_B))
    check_both_classes("images", num_defects, len(labels_B) - num_defects)
    # sklearn takes half a second to import, and only a drawing needs it.
    import sklearn.metrics

    fprs_P, tprs_P, _ = sklearn.metrics.roc_curve(labels_B, scores_B, drop_intermediate=False)
    return fprs_P, tprs_P
