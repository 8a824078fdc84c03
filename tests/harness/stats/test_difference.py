import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from harness.stats import Difference, bootstrap_difference, seed_difference

fractions = hnp.arrays(np.float64, st.integers(3, 5), elements=st.floats(0, 1))


@pytest.mark.parametrize(
    ("low", "high", "mark"),
    [(0.1, 0.2, "+"), (-0.2, -0.1, "-"), (-0.1, 0.2, "~"), (0.0, 0.2, "~"), (0.0, 0.0, "~"), (1e-16, 1e-16, "~")],
)
def test_the_mark_says_whether_the_interval_excludes_0(low: float, high: float, mark: str) -> None:
    assert Difference(value=(low + high) / 2, low=low, high=high).mark == mark


def test_without_an_interval_there_is_no_mark() -> None:
    assert Difference(value=0.1, reason="1 common seed").mark == ""


def test_the_p_value_counts_the_rarer_side_and_one_more() -> None:
    differences_R = np.array([0.1] * 96 + [-0.1] * 3)
    found = bootstrap_difference(0.1, differences_R)
    assert found.p_value == pytest.approx(2 * (3 + 1) / (99 + 1))
    assert (found.value, found.mark) == (0.1, "~")


def test_resamples_without_a_difference_have_a_p_value_of_1() -> None:
    assert bootstrap_difference(0.0, np.zeros(50)) == Difference(value=0.0, low=0.0, high=0.0, p_value=1.0)


@given(fractions, st.randoms())
def test_seeds_are_paired_as_scipy_does(a_S, random) -> None:
    b_S = np.array([min(1.0, max(0.0, value + random.gauss(0, 0.1))) for value in a_S])
    if np.ptp(a_S - b_S) < 1e-6:
        return
    found = seed_difference(a_S, b_S)
    test = stats.ttest_rel(a_S, b_S)
    interval = test.confidence_interval(0.95)
    assert found.value == pytest.approx(np.mean(a_S - b_S))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.low <= found.value <= found.high


@given(fractions, st.randoms())
def test_swapping_the_sides_flips_the_sign(a_S, random) -> None:
    b_S = np.array(random.sample(list(a_S), len(a_S)))
    there, back = seed_difference(a_S, b_S), seed_difference(b_S, a_S)
    assert there.value == pytest.approx(-back.value, abs=1e-12)
    if there.low is not None:
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert {"+": "-", "-": "+", "~": "~", "": ""}[there.mark] == back.mark


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ([0.75], [0.5], "1 common seed, fewer than 3: too few to judge the spread over seeds"),
        ([0.75, 0.8], [0.5, 0.4], "2 common seeds, fewer than 3: too few to judge the spread over seeds"),
        ([0.75] * 3, [0.5] * 3, "neither method depends on the seed, so there is no spread over seeds"),
        ([0.75] * 3, [0.75] * 3, "neither method depends on the seed, so there is no spread over seeds"),
        ([0.3, 0.5, 0.7], [0.2, 0.4, 0.6], "the difference is the same for every seed"),
    ],
)
def test_without_a_spread_over_seeds_there_is_no_verdict(a: list[float], b: list[float], reason: str) -> None:
    found = seed_difference(np.array(a), np.array(b))
    assert found == Difference(value=float(np.mean(np.array(a) - np.array(b))), reason=reason)
    assert found.mark == ""


@pytest.mark.parametrize(
    ("a_S", "b_S"), [(np.zeros(2), np.zeros(3)), (np.zeros(0), np.zeros(0)), (np.zeros((1, 2)), np.zeros((1, 2)))]
)
def test_values_that_are_no_pairs_are_refused(a_S, b_S) -> None:
    with pytest.raises(ValueError, match=r"expected one and the same \(S,\), S > 0"):
        seed_difference(a_S, b_S)


def test_a_confidence_that_is_no_fraction_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence is 95, expected a fraction"):
        seed_difference(np.zeros(2), np.zeros(2), confidence=95)
