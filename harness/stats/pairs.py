"""Two methods over many categories: Wilcoxon's signed-rank test.

Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets" (JMLR 7, 2006), section 3.1.3.
Shapes: C categories.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_CATEGORIES = 6
"""With five differences of one sign the smallest two-sided p value is 2 / 2**5, above .05."""

_DECIMALS = 12  # differences of fractions beyond are rounding, and would break ties and zeros


@dataclass(frozen=True, kw_only=True)
class PairTest:
    """A p value, or why there is none."""

    p_value: float | None
    """Two-sided, in (0, 1]."""
    reason: str = ""
    """Empty with a p value."""


def wilcoxon_test(a_C: NDArray[np.float64], b_C: NDArray[np.float64]) -> PairTest:
    """Wilcoxon's signed-rank test of two methods over categories.

    It covers the choice of categories: whether one method would win on other categories of this kind.
    Categories without a difference are left out. The p value is exact for up to 50 differences
    without ties in size, by all signs for up to 13 with ties, and a normal approximation beyond.

    Args:
        a_C: Fractions of method A, one a category.
        b_C: Those of method B, of the same categories.

    Returns:
        A p value; None where fewer than ``MIN_CATEGORIES`` categories differ.

    Raises:
        ValueError: Shapes differ or are not 1-D.

    >>> a_C = np.array([0.9, 0.8, 0.85, 0.7, 0.95, 0.6])
    >>> wilcoxon_test(a_C, a_C - [0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    PairTest(p_value=0.03125, reason='')
    """
    if a_C.shape != b_C.shape or a_C.ndim != 1:
        raise ValueError(f"Values have shapes {a_C.shape} and {b_C.shape}, expected one and the same (C,).")
    differences_C = np.round(a_C - b_C, _DECIMALS)
    differences_C = differences_C[differences_C != 0]
    if len(differences_C) < MIN_CATEGORIES:
        return PairTest(
            p_value=None, reason=f"{len(differences_C)} of {len(a_C)} categories differ, fewer than {MIN_CATEGORIES}"
        )
    from scipy.stats import wilcoxon  # takes half a second to load, which tables need not pay

    return PairTest(p_value=float(wilcoxon(differences_C).pvalue))
