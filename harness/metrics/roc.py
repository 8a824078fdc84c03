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
    """
    check_dimensions("Image scores", scores_B, "B")
    check_scores("Images", scores_B, labels_B)
    num_defects = int(np.count_nonzero(labels_B))
    num_normals = len(labels_B) - num_defects
    check_both_classes("images", num_defects, num_normals)
    order_B = np.argsort(-scores_B, kind="stable")
    last_of_tie = np.append(np.diff(scores_B[order_B]) != 0, True)
    num_detected_P = np.cumsum(labels_B[order_B])[last_of_tie]
    num_alarms_P = np.flatnonzero(last_of_tie) + 1
    tprs_P = np.append(0.0, num_detected_P / num_defects)
    fprs_P = np.append(0.0, (num_alarms_P - num_detected_P) / num_normals)
    return fprs_P, tprs_P
