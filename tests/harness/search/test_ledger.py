import errno
import itertools
import math
import os
import time
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from harness.errors import StoreError
from harness.search.ledger import STUDY_FILE, Ledger
from harness.search.local import search_local
from harness.search.trials import INTERRUPTED, TrialRecord, TrialReport
from tests.support.searches import DEFAULT, ledger_in, line_space, nan_where_y_is_odd, parabola, whole

FIDELITY = {"budget": {"fidelity": {"setting": "steps", "shares": [0.25]}}}


def stored(folder: Path) -> list[optuna.trial.FrozenTrial]:
    """What another program, e.g. optuna-dashboard, sees."""
    storage = JournalStorage(JournalFileBackend(str(folder / STUDY_FILE)))
    return optuna.load_study(study_name="test", storage=storage).get_trials()


def run(ledger: Ledger, count: int) -> None:
    for _ in range(count):
        asked = ledger.ask()
        assert asked is not None
        for report in parabola(asked.settings):
            ledger.report(asked.number, report)


def test_the_first_point_is_the_default(tmp_path: Path) -> None:
    asked = ledger_in(tmp_path, 3).ask()
    assert asked is not None
    assert (asked.number, asked.settings) == (0, DEFAULT)


def test_there_are_exactly_as_many_trials_as_asked_for(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, 12)
    search_local(ledger, parabola)
    assert ledger.ask() is None
    assert [each.number for each in ledger.records] == list(range(12))
    assert {each.state for each in ledger.records} == {"complete"}


def test_records_come_back_as_they_went(tmp_path: Path) -> None:
    told: list[TrialRecord] = []
    ledger = ledger_in(tmp_path, 14, on_end=told.append)
    search_local(ledger, nan_where_y_is_odd)
    assert ledger_in(tmp_path, 14).records == ledger.records == told
    assert {each.state for each in told} == {"complete", "failed"}
    assert told[0].metrics == {"mock/a": {"image_auroc": ANY}}


def test_a_trial_is_on_disk_while_it_runs(tmp_path: Path) -> None:
    ledger_in(tmp_path, 3).ask()
    (trial,) = stored(tmp_path)
    assert (trial.state, trial.params) == (TrialState.RUNNING, DEFAULT)


def test_points_depend_on_the_seed_alone(tmp_path: Path) -> None:
    points = []
    for number, seed in enumerate((0, 0, 1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        ledger = ledger_in(folder, 15, seed=seed)
        search_local(ledger, parabola)
        points.append([each.settings for each in ledger.records])
    assert points[0] == points[1]
    assert points[0][1:] != points[2][1:]


def test_the_sampler_learns(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, 40)
    search_local(ledger, parabola)
    distances = [abs(each.settings["x"] - 0.3) for each in ledger.records]
    assert sum(distances[30:]) < sum(distances[1:11]) / 2


@pytest.mark.parametrize(
    ("report", "error"),
    [
        (whole(math.nan), "the objective is nan"),
        (whole(math.inf), "the objective is inf"),
        (TrialReport(step=100, values=None, is_final=True), "the objective is missing"),
        (TrialReport(step=0, values=None, is_final=True, error="ValueError: no"), "ValueError: no"),
    ],
)
def test_what_is_no_objective_is_a_failed_trial_with_its_reason(
    tmp_path: Path, report: TrialReport, error: str
) -> None:
    ledger = ledger_in(tmp_path, 3)
    assert ledger.ask() is not None
    assert not ledger.report(0, report)
    run(ledger, 2)
    assert [(each.state, each.error) for each in ledger.records] == [
        ("failed", error),
        ("complete", None),
        ("complete", None),
    ]
    assert [t.state for t in stored(tmp_path)] == [TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert stored(tmp_path)[0].user_attrs["error"] == error


def test_a_trial_below_the_median_is_stored_as_pruned(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, 7, line_space(**FIDELITY))
    for value in (0.5, 0.6, 0.7, 0.8, 0.9):
        asked = ledger.ask()
        assert asked is not None
        assert ledger.report(asked.number, TrialReport(step=25, values=(value - 0.1,), is_final=False))
        assert not ledger.report(asked.number, whole(value))
    bad, good = ledger.ask(), ledger.ask()
    assert bad is not None
    assert good is not None
    assert not ledger.report(bad.number, TrialReport(step=25, values=(0.1,), is_final=False))
    assert ledger.report(good.number, TrialReport(step=25, values=(0.95,), is_final=False))
    ledger.report(good.number, whole(0.96))
    pruned = ledger.records[5]
    assert (pruned.state, pruned.values) == ("pruned", (0.1,))
    assert [t.state for t in stored(tmp_path)] == [TrialState.COMPLETE] * 5 + [TrialState.PRUNED, TrialState.COMPLETE]
    assert stored(tmp_path)[5].intermediate_values == {25: 0.1}


def test_several_objectives_are_stored_in_their_order(tmp_path: Path) -> None:
    space = line_space(objective={"metrics": [["image_auroc"], ["fit_seconds"]], "direction": ["maximize", "minimize"]})
    ledger = ledger_in(tmp_path, 1, space)
    ledger.ask()
    ledger.report(0, TrialReport(step=100, values=(0.9, 3.5), is_final=True))
    assert ledger.records[0].values == (0.9, 3.5)
    assert stored(tmp_path)[0].values == [0.9, 3.5]
    assert [d.name for d in ledger.study.directions] == ["MAXIMIZE", "MINIMIZE"]


def test_no_trial_starts_after_the_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    ledger = ledger_in(tmp_path, 9, seconds=60)
    assert ledger.ask() is not None
    clock[0] = 61
    assert ledger.ask() is None
    assert ledger.num_left == 8


# Going on after the process ended


def killed_after(folder: Path, num_finished: int, num_trials: int = 20, num_running: int = 1) -> list[TrialRecord]:
    """As SIGKILL leaves it: nothing is closed, and the last lines may be torn."""
    ledger = ledger_in(folder, num_trials)
    run(ledger, num_finished)
    for _ in range(num_running):
        ledger.ask()
    return ledger.records


def test_a_killed_search_ends_with_exactly_its_trials_and_runs_none_again(tmp_path: Path) -> None:
    before = killed_after(tmp_path, 10)
    ledger = ledger_in(tmp_path, 20)
    assert ledger.num_left == 9
    ran: list[int] = []

    def counting(settings: Any) -> Any:
        ran.append(1)
        return parabola(settings)

    search_local(ledger, counting)
    assert len(ran) == 9
    trials = stored(tmp_path)
    assert [t.number for t in trials] == list(range(20))
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 10 + [TrialState.FAIL] + [TrialState.COMPLETE] * 9
    assert ledger.records[:10] == before
    assert ledger.records[10].error == INTERRUPTED


def test_an_interrupted_default_is_tried_again(tmp_path: Path) -> None:
    killed_after(tmp_path, 0, num_running=2)
    asked = ledger_in(tmp_path, 20).ask()
    assert asked is not None
    assert (asked.number, asked.settings) == (2, DEFAULT)


def test_a_search_that_goes_on_asks_what_it_would_have_asked(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    search_local(ledger_in(tmp_path / "whole", 16), parabola)
    for count in (5, 12, 16):
        search_local(ledger_in(tmp_path / "parts", count), parabola)
    points = [[trial.params for trial in stored(tmp_path / part)] for part in ("whole", "parts")]
    assert points[0] == points[1]


def test_a_torn_line_of_the_study_is_forgotten(tmp_path: Path) -> None:
    killed_after(tmp_path, 3, num_running=0)
    with (tmp_path / STUDY_FILE).open("ab") as stream:
        stream.write(b'{"op_code": 4, "worker')
    ledger = ledger_in(tmp_path, 5)
    search_local(ledger, parabola)
    assert [t.number for t in stored(tmp_path)] == list(range(5))


@pytest.mark.parametrize("failing", range(1, 9))
def test_a_line_that_a_full_disk_took_in_part_costs_its_trial_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    ledger = ledger_in(tmp_path, 6)
    run(ledger, 2)
    before, calls, fsync = ledger.records, itertools.count(1), os.fsync

    def full(file: int) -> None:
        if next(calls) == failing:
            os.ftruncate(file, os.fstat(file).st_size - 7)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"the study cannot be read or written: No space left on device\.$"):
            search_local(ledger, parabola)
    ledger = ledger_in(tmp_path, 6)
    search_local(ledger, parabola)
    assert ledger.records[:2] == before
    assert [trial.number for trial in stored(tmp_path)] == list(range(6))
    assert all(trial.state.is_finished() for trial in stored(tmp_path))


def test_ctrl_c_closes_what_runs_and_keeps_the_rest(tmp_path: Path) -> None:
    def interrupted(settings: Any) -> Any:
        if len(stored(tmp_path)) == 4:
            raise KeyboardInterrupt
        yield from parabola(settings)

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        search_local(ledger_in(tmp_path, 9), interrupted)
    assert [t.state for t in stored(tmp_path)] == [TrialState.COMPLETE] * 3 + [TrialState.FAIL]
    ledger = ledger_in(tmp_path, 9)
    asked = ledger.ask()
    assert asked is not None
    assert asked.settings == ledger.records[3].settings


def test_an_interrupted_point_is_tried_again_once(tmp_path: Path) -> None:
    killed_after(tmp_path, 2)
    search_local(ledger_in(tmp_path, 6), parabola)
    ledger = ledger_in(tmp_path, 8)
    search_local(ledger, parabola)
    interrupted = ledger.records[2].settings
    assert [each.number for each in ledger.records if each.settings == interrupted] == [2, 3]
