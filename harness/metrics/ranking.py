"""AUROC, average precision and F1-max of a tally, equal to scikit-learn's on the raw scores.

Shapes: K distinct defect scores, ascending.
"""

import numpy as np

from harness.metrics.tally import Tally


def auroc(tally: Tally) -> float:
    """Chance that a defect scores above a normal one, ties counted half (``roc_auc_score``)."""
    # Sums of halves are exact in float64 up to 2**52 pairs, and do not overflow beyond.
    num_beaten_K = tally.num_normals_below + 0.5 * tally.num_normals_at
    num_pairs = float(tally.num_defects_at.sum()) * tally.num_normals
    return float(np.sum(tally.num_defects_at * num_beaten_K)) / num_pairs


def average_precision(tally: Tally) -> float:
    """Precision at each threshold, weighted by the recall it adds (``average_precision_score``)."""
    num_detected_K = tally.num_detected
    precision_K = num_detected_K / (num_detected_K + tally.num_false_alarms)
    return float(np.sum(tally.num_defects_at * precision_K) / num_detected_K[0])


def f1_max(tally: Tally) -> float:
    """Highest F1 over all thresholds of ``precision_recall_curve``.

    A threshold at a normal score is never the best: the next defect score above it detects the same
    defects with fewer false alarms.
    """
    num_detected_K = tally.num_detected
    return float(np.max(2 * num_detected_K / (num_detected_K[0] + num_detected_K + tally.num_false_alarms)))
