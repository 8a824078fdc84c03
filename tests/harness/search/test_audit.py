from collections.abc import Mapping
from typing import Any

import pytest

from harness.search.audit import audit, sample_trials
from harness.spaces import Goal
from tests.support.searches import record

GOAL = Goal(metrics=("image_auroc",), direction="maximize")
RECORDS = [record(number, value) for number, value in enumerate((0.1, 0.2, 0.3, 0.4, 0.5))]


def on_test(values: list[float]) -> Any:
    def test(settings: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
        return {"mock/a": {"image_auroc": values[settings["y"]]}}

    return test


def test_the_same_order_is_a_correlation_of_one() -> None:
    (agreement,) = audit(GOAL, RECORDS, on_test([0.5, 0.6, 0.7, 0.8, 0.9]))
    assert (agreement.category, agreement.numbers) == ("mock/a", (0, 1, 2, 3, 4))
    assert agreement.selected == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert agreement.correlation == pytest.approx(1)
    assert agreement.p_value == pytest.approx(0, abs=1e-6)


def test_two_neighbours_exchanged_are_known_by_hand() -> None:
    # 1 - 6 * (1 + 1) / (5 * 24)
    (agreement,) = audit(GOAL, RECORDS, on_test([0.5, 0.7, 0.6, 0.8, 0.9]))
    assert agreement.correlation == pytest.approx(0.9)


def test_equal_scores_have_no_correlation() -> None:
    (agreement,) = audit(GOAL, RECORDS, on_test([1.0] * 5))
    assert (agreement.correlation, agreement.p_value) == (None, None)
    assert agreement.tested == (1.0,) * 5


def test_a_sample_is_of_complete_trials_and_its_seed_decides_it() -> None:
    records = [record(number, 0.5) for number in range(20)] + [record(20, state="failed")]
    chosen = sample_trials(records, 6, 0)
    assert len(chosen) == 6
    assert chosen == sample_trials(records, 6, 0)
    assert chosen != sample_trials(records, 6, 1)
    assert [each.number for each in chosen] == sorted(each.number for each in chosen)
    assert len(sample_trials(records, 99, 0)) == 20
