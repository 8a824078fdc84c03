import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from harness.stats import compare_ranks

# Demšar (2006), table 6: AUC of C4.5, C4.5+m, C4.5+cf, C4.5+m+cf on 14 data sets.
DEMSAR_CM = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.97501, 0.975],  # equal as printed; the paper ranks the unrounded values
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def staircase(num_categories: int, num_methods: int) -> np.ndarray:
    """The same ranks in every category, the first method best."""
    return np.tile(np.linspace(0.9, 0.5, num_methods), (num_categories, 1))


def test_the_published_example() -> None:
    found = compare_ranks(DEMSAR_CM)
    assert found.mean_ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert found.friedman_p_value == pytest.approx(stats.friedmanchisquare(*DEMSAR_CM.T).pvalue)
    assert found.friedman_p_value < 0.05
    assert found.cliques == ((3, 1, 2, 0),)


@pytest.mark.parametrize(("num_methods", "quantile"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_is_the_published_table_s(num_methods: int, quantile: float) -> None:
    found = compare_ranks(staircase(20, num_methods))
    assert found.critical_difference == pytest.approx(
        quantile * np.sqrt(num_methods * (num_methods + 1) / 120), abs=1e-3
    )


def test_methods_that_tie_share_their_ranks() -> None:
    assert compare_ranks(np.array([[0.9, 0.5, 0.9], [0.7, 0.7, 0.7]])).mean_ranks == (1.75, 2.5, 1.75)


def test_values_that_differ_by_rounding_tie() -> None:
    assert compare_ranks(np.array([[0.1 + 0.2, 0.3]])).mean_ranks == (1.5, 1.5)


def test_far_ranks_are_apart_and_near_ones_are_a_clique() -> None:
    found = compare_ranks(staircase(10, 4))
    assert found.mean_ranks == (1, 2, 3, 4)
    assert found.critical_difference == pytest.approx(1.483, abs=1e-3)
    assert found.cliques == ((0, 1), (1, 2), (2, 3))


def test_a_clique_inside_another_is_not_named() -> None:
    values_CM = staircase(12, 4)
    values_CM[::2, [0, 1, 2]] = values_CM[::2, [2, 1, 0]]
    found = compare_ranks(values_CM)
    assert found.mean_ranks == (2, 2, 2, 4)
    assert found.cliques == ((0, 1, 2),)


def test_all_are_one_clique_where_friedman_does_not_reject() -> None:
    values_CM = np.array([[0.9, 0.5, 0.7], [0.5, 0.9, 0.7], [0.7, 0.5, 0.9], [0.5, 0.7, 0.9]])
    found = compare_ranks(values_CM)
    assert found.friedman_p_value > 0.05
    assert found.cliques == ((2, 0, 1),)


def test_two_methods_have_a_critical_difference_and_no_friedman_test() -> None:
    found = compare_ranks(staircase(4, 2))
    assert found.friedman_p_value is None
    assert found.critical_difference == pytest.approx(0.98, abs=1e-3)
    assert found.cliques == ()


@pytest.mark.parametrize(("num_categories", "num_methods", "needed"), [(1, 3, 3), (2, 3, 3), (2, 4, 3)])
def test_too_few_categories_say_nothing(num_categories: int, num_methods: int, needed: int) -> None:
    found = compare_ranks(staircase(num_categories, num_methods))
    assert found.friedman_p_value is None
    assert found.critical_difference is None
    assert found.nemenyi_reason.endswith(f"fewer than {needed}")
    assert found.cliques == ()


@pytest.mark.parametrize("num_methods", [3, 4, 6])
def test_the_fewest_categories_are_those_that_can_reach_alpha(num_methods: int) -> None:
    p_values = [compare_ranks(staircase(number, num_methods)).friedman_p_value for number in range(1, 8)]
    num_untested = p_values.count(None)
    assert p_values[num_untested] < 0.05
    assert stats.friedmanchisquare(*staircase(num_untested, num_methods).T).pvalue > 0.05


def test_methods_that_always_tie_are_not_tested() -> None:
    found = compare_ranks(np.full((10, 3), 0.5))
    assert found.friedman_p_value is None
    assert found.cliques == ((0, 1, 2),)


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7), elements=st.integers(0, 4))
)
def test_no_number_is_nan_and_ranks_add_up(values_CM) -> None:
    found = compare_ranks(values_CM / 4)
    num_methods = values_CM.shape[1]
    assert sum(found.mean_ranks) == pytest.approx(num_methods * (num_methods + 1) / 2)
    assert (found.critical_difference is None) == bool(found.nemenyi_reason)
    assert found.friedman_p_value is None or 0 <= found.friedman_p_value <= 1


@pytest.mark.parametrize(
    ("values_CM", "message"),
    [
        (np.zeros((3, 1)), r"shape \(3, 1\), expected \(C, M\)"),
        (np.zeros(3), r"shape \(3,\), expected \(C, M\)"),
        (np.array([[0.1, np.nan]]), "A value is NaN"),
    ],
)
def test_values_without_ranks_are_refused(values_CM, message) -> None:
    with pytest.raises(ValueError, match=message):
        compare_ranks(values_CM)
