"""The difference between two methods, with an interval and a p value.

Shapes: R resamples, S seeds.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.phrasing import counted
from harness.stats.bootstrap import CONFIDENCE, check_confidence, percentile_interval

ROUNDING = 1e-12
"""Differences of fractions up to this size are rounding of equal numbers."""

MIN_SEEDS = 3
"""Fewer seeds do not show how much a result varies over seeds: with two, Student's interval is 9 times their spread."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A minus B, in fractions; positive where A has the higher value."""

    value: float
    low: float | None = None
    """Low end of the interval; None if there is none, and then ``reason`` says why."""
    high: float | None = None
    p_value: float | None = None
    """Two-sided, in (0, 1], of no difference."""
    reason: str = ""
    """Why there is no interval."""

    @property
    def mark(self) -> Literal["+", "-", "~", ""]:
        """``+`` or ``-`` if the interval excludes 0, ``~`` if it does not, empty without an interval."""
        if self.low is None or self.high is None:
            return ""
        if self.low > ROUNDING:
            return "+"
        return "-" if self.high < -ROUNDING else "~"


def bootstrap_difference(
    value: float, differences_R: NDArray[np.float64], *, confidence: float = CONFIDENCE
) -> Difference:
    """A difference and its spread over resampled test images; see ``resampled_metrics`` for what that covers.

    >>> bootstrap_difference(0.1, np.full(99, 0.1))
    Difference(value=0.1, low=0.1, high=0.1, p_value=0.02, reason='')

    Args:
        value: A minus B on the images themselves, a fraction.
        differences_R: A minus B in each resample, the same images for both.
        confidence: A fraction in (0, 1).

    Returns:
        The percentile interval, and twice the share of resamples on the rarer side of 0. That share
        counts one resample more than there are (Davison and Hinkley, "Bootstrap Methods and their
        Application", 1997, section 4.2): no number of resamples proves a p value of 0.

    Raises:
        ValueError: ``confidence`` is out of range.
    """
    low, high = percentile_interval(differences_R, confidence)
    num_rarer = min(np.count_nonzero(differences_R <= ROUNDING), np.count_nonzero(differences_R >= -ROUNDING))
    p_value = min(1.0, 2 * (int(num_rarer) + 1) / (len(differences_R) + 1))
    return Difference(value=value, low=low, high=high, p_value=p_value)


def seed_difference(
    a_S: NDArray[np.float64], b_S: NDArray[np.float64], *, confidence: float = CONFIDENCE
) -> Difference:
    """Student's t for pairs: a difference and its spread over training seeds.

    The interval covers training seeds (and what the split by seed changes), not other test images. It is meant for
    metrics that the scores of the images do not determine. With fewer than ``MIN_SEEDS`` seeds, or if the difference
    is the same for every seed, there is neither an interval nor a p value, and ``reason`` says why.

    Args:
        a_S: Fractions of method A, one a seed.
        b_S: Those of method B, of the same seeds.
        confidence: A fraction in (0, 1).

    Raises:
        ValueError: ``confidence`` is out of range, shapes differ or are not 1-D, or nothing was given.

    >>> seed_difference(np.array([0.9, 0.8]), np.array([0.7, 0.7])).reason
    '2 common seeds, fewer than 3: too few to judge the spread over seeds'
    >>> found = seed_difference(np.array([0.90, 0.91, 0.89]), np.array([0.80, 0.80, 0.80]))
    >>> round(found.low, 3), round(found.high, 3), found.mark
    (0.075, 0.125, '+')
    """
    check_confidence(confidence)
    if a_S.shape != b_S.shape or a_S.ndim != 1 or a_S.size == 0:
        raise ValueError(f"Values have shapes {a_S.shape} and {b_S.shape}, expected one and the same (S,), S > 0.")
    differences_S = a_S - b_S
    value = float(np.mean(differences_S))
    if len(differences_S) < MIN_SEEDS:
        seeds = counted(len(differences_S), "common seed")
        return Difference(
            value=value, reason=f"{seeds}, fewer than {MIN_SEEDS}: too few to judge the spread over seeds"
        )
    if max(np.ptp(a_S), np.ptp(b_S)) <= ROUNDING:
        return Difference(value=value, reason="neither method depends on the seed, so there is no spread over seeds")
    if np.ptp(differences_S) <= ROUNDING:
        return Difference(value=value, reason="the difference is the same for every seed")
    from scipy.stats import ttest_rel  # takes half a second to load, which tables need not pay

    test = ttest_rel(a_S, b_S)
    interval = test.confidence_interval(confidence)
    return Difference(value=value, low=float(interval.low), high=float(interval.high), p_value=float(test.pvalue))
