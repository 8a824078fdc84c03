"""Metrics of a threshold that was set before any test image was seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """How the test images lie around a threshold; a score above it is an alarm."""

    num_normals: int
    num_false_alarms: int
    num_defects: int
    num_found: int

    @classmethod
    def of(cls, scores_B: NDArray[np.floating], labels_B: NDArray[np.bool_], threshold: float) -> "Verdicts":
        """Count the alarms.

        Args:
            scores_B: Anomaly scores, higher is more anomalous.
            labels_B: True for an image with a defect.
            threshold: From good images alone.

        >>> Verdicts.of(np.array([0.1, 0.6, 0.9]), np.array([False, False, True]), 0.5).num_false_alarms
        1
        """
        is_alarm_B = scores_B > threshold
        return cls(
            num_normals=int((~labels_B).sum()),
            num_false_alarms=int((is_alarm_B & ~labels_B).sum()),
            num_defects=int(labels_B.sum()),
            num_found=int((is_alarm_B & labels_B).sum()),
        )


def false_alarm_rate(verdicts: Verdicts) -> float:
    """Share of the normal images that raise an alarm."""
    return verdicts.num_false_alarms / verdicts.num_normals


def recall(verdicts: Verdicts) -> float:
    """Share of the defect images that are found."""
    return verdicts.num_found / verdicts.num_defects


def precision(verdicts: Verdicts) -> float:
    """Share of the alarms that are defects; 0 without an alarm, as scikit-learn has it."""
    num_alarms = verdicts.num_found + verdicts.num_false_alarms
    return verdicts.num_found / num_alarms if num_alarms else 0.0


def f1(verdicts: Verdicts) -> float:
    """Harmonic mean of precision and recall."""
    num_alarms = verdicts.num_found + verdicts.num_false_alarms
    return 2 * verdicts.num_found / (verdicts.num_defects + num_alarms)
