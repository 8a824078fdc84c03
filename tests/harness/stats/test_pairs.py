import numpy as np
import pytest
from scipy import stats

from harness.stats import wilcoxon_test

A_C = np.array([0.9, 0.8, 0.85, 0.7, 0.95, 0.6, 0.99])
GAINS_C = np.array([0.01, 0.02, -0.03, 0.05, 0.08, 0.13, 0.21])


def test_the_p_value_is_scipy_s() -> None:
    assert wilcoxon_test(A_C, A_C - GAINS_C).p_value == pytest.approx(stats.wilcoxon(GAINS_C).pvalue)


def test_six_gains_of_one_sign_are_the_fewest_that_can_say_something() -> None:
    gains_C = np.abs(GAINS_C)
    assert wilcoxon_test(A_C[:6], A_C[:6] - gains_C[:6]).p_value == 2 / 2**6
    short = wilcoxon_test(A_C[:5], A_C[:5] - gains_C[:5])
    assert (short.p_value, short.reason) == (None, "5 of 5 categories differ, fewer than 6")


def test_categories_without_a_difference_say_nothing() -> None:
    same = wilcoxon_test(A_C, A_C)
    assert (same.p_value, same.reason) == (None, "0 of 7 categories differ, fewer than 6")
    with_zero = wilcoxon_test(np.append(A_C, 0.5), np.append(A_C - GAINS_C, 0.5))
    assert with_zero == wilcoxon_test(A_C, A_C - GAINS_C)


def test_equal_differences_tie_in_spite_of_rounding() -> None:
    differences_C = np.array([0.1, 0.1, 0.1, -0.1, 0.2, 0.2, 0.2])
    noise_C = 1e-15 * np.arange(7)
    assert wilcoxon_test(differences_C + noise_C, np.zeros(7)) == wilcoxon_test(differences_C, np.zeros(7))


def test_values_that_are_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected one and the same \(C,\)"):
        wilcoxon_test(A_C, A_C[1:])
