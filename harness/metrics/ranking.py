"""AUROC, average precision and F1-max of a tally, equal to scikit-learn's on the raw scores.

One function serves the scores of images, the pixels that stream by, and thousands of resamples at once:
only the last axis of a tally is summed over.

Shapes: K distinct defect scores, ascending; ... any leading axes, e.g. one of resamples.
"""

import numpy as np
from numpy.typing import NDArray

from harness.metrics.tally import Tally


def auroc(tally: Tally) -> NDArray[np.float64]:
    """Chance that a defect scores above a normal one, ties counted half (``roc_auc_score``).

    Returns:
        Fractions in [0, 1], one per tally: shape (...).

    >>> from harness.metrics.tally import tally_scores
    >>> tally, _ = tally_scores(np.array([0.7, 0.9]), [np.array([0.1, 0.7])])
    >>> float(auroc(tally))
    0.875
    """
    # Sums of halves are exact in float64 up to 2**52 pairs, and do not overflow beyond.
    num_beaten_K = tally.num_normals_below + 0.5 * tally.num_normals_at
    num_pairs = tally.num_defects_at.sum(axis=-1).astype(np.float64) * tally.num_normals
    area: NDArray[np.float64] = np.sum(tally.num_defects_at * num_beaten_K, axis=-1) / num_pairs
    return area


def average_precision(tally: Tally) -> NDArray[np.float64]:
    """Precision at each threshold, weighted by the recall it adds (``average_precision_score``).

    Returns:
        Fractions in [0, 1], one per tally: shape (...).

    >>> from harness.metrics.tally import tally_scores
    >>> tally, _ = tally_scores(np.array([0.7, 0.9]), [np.array([0.1, 0.8])])
    >>> round(float(average_precision(tally)), 3)
    0.833
    """
    num_detected_K = tally.num_detected
    # Nothing is flagged only where no defect was drawn either; the precision then has no weight.
    precision_K = num_detected_K / np.maximum(num_detected_K + tally.num_false_alarms, 1)
    average: NDArray[np.float64] = np.sum(tally.num_defects_at * precision_K, axis=-1) / num_detected_K[..., 0]
    return average


def f1_max(tally: Tally) -> NDArray[np.float64]:
    """Highest F1 over all thresholds of ``precision_recall_curve``.

    A threshold at a normal score is never the best: the next defect score above it detects the same
    defects with fewer false alarms. The same holds for a defect score that a resample did not draw.

    Returns:
        Fractions in [0, 1], one per tally: shape (...).

    >>> from harness.metrics.tally import tally_scores
    >>> tally, _ = tally_scores(np.array([0.7, 0.9]), [np.array([0.1, 0.8])])
    >>> float(f1_max(tally))
    0.8
    """
    num_detected_K = tally.num_detected
    highest: NDArray[np.float64] = np.max(
        2 * num_detected_K / (num_detected_K[..., :1] + num_detected_K + tally.num_false_alarms), axis=-1
    )
    return highest


def recall_at(tally: Tally, max_fpr: float) -> NDArray[np.float64]:
    """Highest recall of a threshold that at most this share of the normal scores reaches.

    Args:
        tally: Of scores.
        max_fpr: A fraction in [0, 1).

    Returns:
        Fractions in [0, 1], one per tally: shape (...).

    >>> from harness.metrics.tally import tally_scores
    >>> tally, _ = tally_scores(np.array([0.7, 0.9]), [np.array([0.1, 0.8])])
    >>> float(recall_at(tally, 0.0)), float(recall_at(tally, 0.5))
    (0.5, 1.0)
    """
    num_detected_K = tally.num_detected
    is_allowed_K = tally.num_false_alarms <= max_fpr * tally.num_normals[..., None]
    highest: NDArray[np.float64] = np.max(num_detected_K * is_allowed_K, axis=-1) / num_detected_K[..., 0]
    return highest
