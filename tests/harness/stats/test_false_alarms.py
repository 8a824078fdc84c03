import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.stats.false_alarms import false_alarm_rate, num_scores_needed, order_threshold

NUM_REPETITIONS = 200
Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
Above = Callable[[float], float]

DISTRIBUTIONS: dict[str, tuple[Draw, Above]] = {
    "normal": (lambda rng, n: rng.normal(size=n), lambda score: float(stats.norm.sf(score))),
    "uniform": (lambda rng, n: rng.uniform(size=n), lambda score: float(stats.uniform.sf(score))),
    "lognormal": (lambda rng, n: rng.lognormal(size=n), lambda score: float(stats.lognorm.sf(score, 1))),
    "heavy tail": (lambda rng, n: rng.standard_t(2, size=n), lambda score: float(stats.t.sf(score, 2))),
    # Many scores are equal, as those of images without anything to see are.
    "whole numbers": (
        lambda rng, n: rng.poisson(5, size=n).astype(float),
        lambda score: float(stats.poisson.sf(score, 5)),
    ),
}
"""How scores of good images are drawn, and the true share of them above a score."""


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize(("num_scores", "rate"), [(20, 0.05), (60, 0.02), (60, 0.1), (300, 0.01), (300, 0.05)])
def test_a_stated_rate_is_honest(name: str, num_scores: int, rate: float) -> None:
    draw, above = DISTRIBUTIONS[name]
    rng = np.random.default_rng([num_scores, round(1000 * rate)])
    true_rates, num_inside = [], 0
    for _ in range(NUM_REPETITIONS):
        scores = draw(rng, num_scores)
        threshold = order_threshold(scores, rate)
        stated, true = false_alarm_rate(scores, threshold), above(threshold)
        num_inside += stated.low <= true <= stated.high
        true_rates.append(true)
    assert num_inside >= 0.95 * NUM_REPETITIONS
    error = np.std(true_rates) / math.sqrt(NUM_REPETITIONS)
    assert np.mean(true_rates) <= rate + 3 * error


@pytest.mark.parametrize(("num_scores", "rate"), [(60, 0.1), (300, 0.05)])
def test_the_order_threshold_does_not_waste_the_rate(num_scores: int, rate: float) -> None:
    rng = np.random.default_rng(0)
    true_rates = [
        float(stats.norm.sf(order_threshold(rng.normal(size=num_scores), rate))) for _ in range(NUM_REPETITIONS)
    ]
    # Of n + 1 exchangeable scores, a whole number is above; so the promise is at most 1 / (n + 1) too strict.
    assert np.mean(true_rates) >= rate - 1 / (num_scores + 1) - 3 * np.std(true_rates) / math.sqrt(NUM_REPETITIONS)


@pytest.mark.parametrize("rate", [0.5, 0.3, 0.1, 0.05, 0.02, 0.01, 0.001])
def test_the_number_of_scores_needed_is_the_smallest_that_is_accepted(rate: float) -> None:
    needed = num_scores_needed(rate)
    scores = list(range(needed))
    assert order_threshold(scores, rate) == scores[-1]
    assert 1 / (needed + 1) <= rate + 1e-12
    with pytest.raises(ValueError, match=rf"needs {needed} scores, got {needed - 1}\.$"):
        order_threshold(scores[:-1], rate)


@pytest.mark.parametrize(("num_above", "num_scores"), [(0, 10), (3, 40), (10, 10)])
def test_the_interval_is_that_of_clopper_and_pearson(num_above: int, num_scores: int) -> None:
    scores = [1.0] * num_above + [0.0] * (num_scores - num_above)
    found = false_alarm_rate(scores, 0.5)
    low = stats.beta.ppf(0.025, num_above, num_scores - num_above + 1) if num_above else 0.0
    high = stats.beta.ppf(0.975, num_above + 1, num_scores - num_above) if num_above < num_scores else 1.0
    assert (found.num_above, found.num_scores) == (num_above, num_scores)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_a_score_at_the_threshold_is_no_alarm() -> None:
    assert false_alarm_rate([1.0, 2.0, 3.0], 2.0).num_above == 1
