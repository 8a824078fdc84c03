"""Thresholds from scores of good images alone, and how far their rate of false alarms is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95
"""Of the interval of a false-alarm rate."""


@dataclass(frozen=True, kw_only=True)
class FalseAlarmRate:
    """The rate at which good images exceed a threshold, as far as some of them show it."""

    num_above: int
    num_scores: int
    low: float
    """Lower end of the Clopper-Pearson interval, a fraction."""
    high: float
    """Upper end."""


def num_scores_needed(rate: float) -> int:
    """Scores of good images below which no threshold can promise a false-alarm rate: 1 / (n + 1) is the lowest.

    Args:
        rate: A fraction in (0, 1).

    >>> num_scores_needed(0.01), num_scores_needed(0.05)
    (99, 19)
    """
    return math.ceil(1 / rate - 1 - 1e-9)


def order_threshold(scores_N: Sequence[float], rate: float) -> float:
    """The score that a further good image exceeds with at most this probability, whatever the scores' distribution.

    It is the order statistic number ``ceil((n + 1) (1 - rate))``. If the ``n`` scores and that of the further image can
    be exchanged, the promise holds on average over all choices of the ``n`` images (split conformal prediction; Vovk,
    Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005).

    Args:
        scores_N: Of good images that the detector was not fitted on; high is anomalous.
        rate: A fraction in (0, 1).

    Raises:
        ValueError: There are too few scores for this rate.

    >>> order_threshold([0.1, 0.4, 0.2, 0.3], 0.2)
    0.4
    """
    count = len(scores_N)
    # A rate that floating point cannot hold, such as .02, must not ask for one score more.
    place = math.ceil((count + 1) * (1 - rate) - 1e-9)
    if place > count:
        raise ValueError(f"A false-alarm rate of {100 * rate:g} % needs {num_scores_needed(rate)} scores, got {count}.")
    return float(np.sort(np.asarray(scores_N, np.float64))[max(place, 1) - 1])


def false_alarm_rate(scores_N: Sequence[float], threshold: float) -> FalseAlarmRate:
    """How often good images exceed a threshold, with the exact interval of Clopper and Pearson (Biometrika 1934).

    Args:
        scores_N: Of good images, independent of each other; at least one.
        threshold: A score above it is an alarm.

    >>> false_alarm_rate([0.1, 0.2, 0.3, 0.4], 0.3).num_above
    1
    """
    above = int((np.asarray(scores_N, np.float64) > threshold).sum())
    interval = binomtest(above, len(scores_N)).proportion_ci(CONFIDENCE, method="exact")
    return FalseAlarmRate(num_above=above, num_scores=len(scores_N), low=float(interval.low), high=float(interval.high))
