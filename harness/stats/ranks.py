"""Several methods over many categories: average ranks, Friedman's test, Nemenyi's critical difference.

Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets" (JMLR 7, 2006), section 3.2.
Shapes: C categories, M methods.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.phrasing import counted

_ALPHA = 0.05
"""Level of significance."""

_DECIMALS = 12  # fractions that differ beyond are equal but for rounding


@dataclass(frozen=True, kw_only=True)
class RankComparison:
    """Mean ranks over all categories, and which methods do not differ significantly."""

    mean_ranks: tuple[float, ...]
    """One a method, 1 is best; methods that tie in a category share the mean of their ranks."""
    friedman_p_value: float | None
    """Chance of ranks at least this unequal among equal methods (chi-squared approximation). None with two methods,
    with too few categories, or if all methods tie in every category."""
    critical_difference: float | None
    """Mean ranks at least this far apart differ significantly (Nemenyi)."""
    nemenyi_reason: str = ""
    """Why there is no critical difference; empty with one."""
    cliques: tuple[tuple[int, ...], ...] = ()
    """Numbers of methods, best first, that cannot be told apart: the bars of a critical-difference
    diagram. The largest groups only, of two or more. All methods are one clique when Friedman's test
    does not reject; there are none without a critical difference."""


def compare_ranks(values_CM: NDArray[np.float64]) -> RankComparison:
    """Rank methods in each category and test the mean ranks.

    It covers the choice of categories, not seeds or images. A test is omitted if it could not reach .05 with
    so few categories even if the ranks were the same in all of them. The approximation behind
    Friedman's p value is good from about ten categories on; below it errs on the side of no difference.

    Args:
        values_CM: Fractions, higher is better, at least one category and two methods.

    Raises:
        ValueError: The shape is wrong, or a value is NaN.

    >>> compare_ranks(np.tile([0.9, 0.8, 0.7], (10, 1))).mean_ranks
    (1.0, 2.0, 3.0)
    """
    if values_CM.ndim != 2 or values_CM.shape[0] < 1 or values_CM.shape[1] < 2:
        raise ValueError(f"Values have shape {values_CM.shape}, expected (C, M) with C >= 1 and M >= 2.")
    if np.isnan(values_CM).any():
        raise ValueError("A value is NaN, expected one of every method in every category.")
    from scipy.stats import rankdata  # takes half a second to load, which tables need not pay

    ranks_CM = rankdata(-np.round(values_CM, _DECIMALS), axis=1)
    mean_ranks_M = ranks_CM.mean(axis=0)
    p_value = _friedman(ranks_CM)
    critical, nemenyi_reason = _critical_difference(len(ranks_CM), len(mean_ranks_M))
    if critical is None:
        cliques: tuple[tuple[int, ...], ...] = ()
    else:
        may_differ = p_value is None or p_value < _ALPHA
        cliques = _cliques(mean_ranks_M, critical if may_differ else math.inf)
    return RankComparison(
        mean_ranks=tuple(mean_ranks_M.tolist()),
        friedman_p_value=p_value,
        critical_difference=critical,
        nemenyi_reason=nemenyi_reason,
        cliques=cliques,
    )


def _friedman(ranks_CM: NDArray[np.float64]) -> float | None:
    from scipy.stats import chi2, friedmanchisquare

    num_categories, num_methods = ranks_CM.shape
    if num_methods < 3:
        return None
    # The largest statistic is C (M - 1), when every category has the same ranks.
    needed = math.ceil(chi2.isf(_ALPHA, num_methods - 1) / (num_methods - 1))
    if num_categories < needed or np.ptp(ranks_CM, axis=1).max() == 0:
        return None
    return float(friedmanchisquare(*ranks_CM.T).pvalue)


def _critical_difference(num_categories: int, num_methods: int) -> tuple[float | None, str]:
    from scipy.stats import studentized_range

    quantile = float(studentized_range.ppf(1 - _ALPHA, num_methods, math.inf)) / math.sqrt(2)
    of_one_category = quantile * math.sqrt(num_methods * (num_methods + 1) / 6)
    # Mean ranks are at most M - 1 apart.
    needed = math.ceil((of_one_category / (num_methods - 1)) ** 2)
    if num_categories < needed:
        return None, f"{counted(num_categories, 'category', 'categories')}, fewer than {needed}"
    return of_one_category / math.sqrt(num_categories), ""


def _cliques(mean_ranks_M: NDArray[np.float64], critical: float) -> tuple[tuple[int, ...], ...]:
    order = np.argsort(mean_ranks_M, kind="stable")
    found: list[tuple[int, ...]] = []
    furthest = 0
    for first in range(len(order)):
        within = mean_ranks_M[order] - mean_ranks_M[order[first]] < critical
        last = int(np.flatnonzero(within)[-1])
        if last > max(first, furthest):
            found.append(tuple(int(method) for method in order[first : last + 1]))
            furthest = last
    return tuple(found)
