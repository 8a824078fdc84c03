"""The difference between two methods, with an interval and a p value.

Shapes: R resamples, S seeds.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.stats.bootstrap import CONFIDENCE, check_confidence, percentile_interval

ROUNDING = 1e-12
"""Differences of fractions up to this size are rounding of equal numbers."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A minus B, in fractions; positive where A is better."""

    value: float
    low: float | None = None
    """Low end of the interval; None when nothing can be said, then ``reason`` says why."""
    high: float | None = None
    p_value: float | None = None
    """Two-sided, in (0, 1], of no difference."""
    reason: str = ""
    """Why there is no interval, or none but a p value."""

    @property
    def mark(self) -> Literal["+", "-", "~", ""]:
        """``+`` or ``-`` when the interval excludes 0, ``~`` when it does not, empty without interval."""
        if self.low is None or self.high is None:
            return ""
        if self.low > ROUNDING:
            return "+"
        return "-" if self.high < -ROUNDING else "~"


def bootstrap_difference(
    value: float, differences_R: NDArray[np.float64], *, confidence: float = CONFIDENCE
) -> Difference:
    """A difference and its spread over resampled test images; see ``resampled_metrics`` for what that covers.

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

    The interval covers training seeds (and what the split by seed changes), not other test images. For
    metrics that the scores of the images do not determine. Where every seed gives the same difference,
    as with methods that use no chance, the interval is that one number and there is no p value, but 1
    where the number is 0.

    Args:
        a_S: Fractions of method A, one a seed.
        b_S: Those of method B, of the same seeds.
        confidence: A fraction in (0, 1).

    Raises:
        ValueError: ``confidence`` is out of range, shapes differ or are not 1-D, or nothing was given.
    """
    check_confidence(confidence)
    if a_S.shape != b_S.shape or a_S.ndim != 1 or a_S.size == 0:
        raise ValueError(f"Values have shapes {a_S.shape} and {b_S.shape}, expected one and the same (S,), S > 0.")
    differences_S = a_S - b_S
    value = float(np.mean(differences_S))
    if len(differences_S) < 2:
        return Difference(value=value, reason="1 common seed, fewer than 2")
    if np.ptp(differences_S) <= ROUNDING:
        if abs(value) <= ROUNDING:
            return Difference(value=0.0, low=0.0, high=0.0, p_value=1.0)
        return Difference(value=value, low=value, high=value, reason="the same difference with every seed")
    from scipy.stats import ttest_rel  # takes half a second to load, which tables need not pay

    test = ttest_rel(a_S, b_S)
    interval = test.confidence_interval(confidence)
    return Difference(value=value, low=float(interval.low), high=float(interval.high), p_value=float(test.pvalue))
