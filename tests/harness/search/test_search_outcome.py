from pathlib import Path

import pytest

from harness.search.local import search_local
from harness.search.search_outcome import importances, outcome_of
from harness.spaces import Goal
from tests.support.searches import DEFAULT, ledger_in, parabola, record

QUALITY = Goal(metrics=("image_auroc",), direction="maximize")
LATENCY = Goal(metrics=("latency_p50_seconds",), direction="minimize")


def test_the_best_is_the_first_of_the_largest() -> None:
    records = [
        record(0, 0.5),
        record(1, 0.7),
        record(2, state="failed"),
        record(3, 0.7),
        record(4, 0.9, state="pruned"),
    ]
    outcome = outcome_of((QUALITY,), records, {"x": 0.0, "y": 0})
    assert outcome.best is records[1]
    assert outcome.default is records[0]
    assert [each.number for each in outcome.best_first()] == [1, 3, 0]
    assert outcome.counts == {"complete": 3, "failed": 1, "pruned": 1}


def test_the_front_is_what_no_trial_beats_in_everything() -> None:
    records = [record(0, 0.5, 2.0), record(1, 0.7, 3.0), record(2, 0.6, 3.0), record(3, 0.9, 9.0), record(4, 0.4, 2.0)]
    outcome = outcome_of((QUALITY, LATENCY), records, {})
    assert [each.number for each in outcome.front] == [3, 1, 0]
    assert outcome.best is records[3]


def test_nothing_complete_is_no_winner() -> None:
    outcome = outcome_of((QUALITY,), [record(0, state="failed")], {"x": 0.0, "y": 0})
    assert (outcome.best, outcome.default, outcome.best_first()) == (None, None, [])


def test_a_default_with_layers_is_found_again_among_stored_records() -> None:
    stored = record(0, 0.5, settings={"layers": [2, 3]})
    assert outcome_of((QUALITY,), [stored], {"layers": (2, 3)}).default is stored


def test_what_decides_the_objective_is_important(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, 40)
    search_local(ledger, parabola)
    found = importances(ledger.study)
    assert next(iter(found)) == "x"
    assert found["x"] > 0.7
    assert sum(found.values()) == pytest.approx(1)


def test_few_trials_have_no_importance(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, 9)
    search_local(ledger, parabola)
    assert importances(ledger.study) == {}
    assert ledger.records[0].settings == DEFAULT
