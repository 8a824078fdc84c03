"""SIGKILL of a worker and of the driver in one search, then the same command again."""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import ANY

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from harness.search.ledger import STUDY_FILE
from harness.search.trials import INTERRUPTED, TrialRecord
from tests.support.processes import survivors
from tests.support.searches import ledger_in

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

NUM_TRIALS, NUM_ENDED = 20, 10
BEHAVIOUR = {2: "nan", 3: "die", 5: "nothing", 6: "raise", NUM_ENDED: "block"}
"""What the n-th try does; all others end well."""


@dataclass
class KilledAndResumed:
    folder: Path
    records_after_kill: list[TrialRecord]
    second: subprocess.CompletedProcess[str]
    worker_pids: set[int]

    @property
    def records(self) -> list[TrialRecord]:
        return ledger_in(self.folder, NUM_TRIALS).records

    @property
    def trials(self) -> list[optuna.trial.FrozenTrial]:
        storage = JournalStorage(JournalFileBackend(str(self.folder / STUDY_FILE)))
        return optuna.load_study(study_name="test", storage=storage).get_trials()


def killed_and_resumed(folder: Path, behaviour: dict[int, str], where: str) -> KilledAndResumed:
    for number, what in behaviour.items():
        (folder / f"at-{number}").write_text(what)
    command = [sys.executable, "-m", "tests.integration.search_script", str(folder), str(NUM_TRIALS), where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        # The blocked trial is in the middle of its work for ever.
        while not (folder / "blocked").is_file() and first.poll() is None:
            time.sleep(0.05)
        first.kill()
    # A copy, because opening a study closes what was running.
    shutil.copytree(folder, folder / "after-kill", ignore=shutil.ignore_patterns("log", "after-kill"))
    after_kill = ledger_in(folder / "after-kill", NUM_TRIALS).records[:-1]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    pids = {int(path.name.partition("-")[2]) for path in (folder / "tries").iterdir()}
    return KilledAndResumed(folder, after_kill, second, pids)


@pytest.fixture(scope="module", params=["tune"])
def search(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> KilledAndResumed:
    return killed_and_resumed(tmp_path_factory.mktemp("search"), BEHAVIOUR, request.param)


def test_a_search_in_one_process_is_killed_and_goes_on(tmp_path: Path) -> None:
    behaviour = {number: what for number, what in BEHAVIOUR.items() if what != "die"}
    found = killed_and_resumed(tmp_path, behaviour, "local")
    assert (found.second.returncode, found.second.stderr) == (0, "")
    assert found.second.stdout.splitlines()[0] == "Left 9"
    assert found.records[:NUM_ENDED] == found.records_after_kill
    assert [trial.number for trial in found.trials] == list(range(NUM_TRIALS))
    failed = [trial.number for trial in found.trials if trial.state == TrialState.FAIL]
    assert failed == [*sorted(behaviour)]
    assert found.records[NUM_ENDED + 1].settings == found.records[NUM_ENDED].settings
    assert len(list((tmp_path / "tries").iterdir())) == NUM_TRIALS


def test_finished_trials_stay_when_the_driver_is_killed(search: KilledAndResumed) -> None:
    assert [record.number for record in search.records_after_kill] == list(range(NUM_ENDED))


def test_going_on_ends_with_exactly_the_trials_asked_for(search: KilledAndResumed) -> None:
    assert (search.second.returncode, search.second.stderr) == (0, "")
    lines = search.second.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("Left 9", "Done")
    assert [trial.number for trial in search.trials] == list(range(NUM_TRIALS))
    assert not [trial for trial in search.trials if not trial.state.is_finished()]


def test_no_finished_trial_ran_again(search: KilledAndResumed) -> None:
    assert search.records[:NUM_ENDED] == search.records_after_kill
    assert len(list((search.folder / "tries").iterdir())) == NUM_TRIALS


def test_the_interrupted_trial_is_closed_and_its_point_tried_again(search: KilledAndResumed) -> None:
    interrupted, again = search.records[NUM_ENDED : NUM_ENDED + 2]
    assert (interrupted.state, interrupted.error) == ("failed", INTERRUPTED)
    assert (again.state, again.settings) == ("complete", interrupted.settings)


def test_each_kind_of_failure_is_one_failed_trial_with_its_reason(search: KilledAndResumed) -> None:
    errors = {record.number: record.error for record in search.records if record.state == "failed"}
    assert errors == {
        2: "the objective is nan",
        3: ANY,
        5: "the trial ended without an objective",
        6: "ValueError: k = 9",
        NUM_ENDED: INTERRUPTED,
    }
    assert errors[3].startswith("its process ended (")
    states = [trial.state for trial in search.trials]
    assert [number for number, state in enumerate(states) if state == TrialState.FAIL] == sorted(errors)
    assert set(states) == {TrialState.FAIL, TrialState.COMPLETE}


def test_a_process_is_kept_from_trial_to_trial(search: KilledAndResumed) -> None:
    # One until the worker's death, one until the driver's, one afterwards.
    assert len(search.worker_pids) == 3


def test_no_worker_outlives_the_search(search: KilledAndResumed) -> None:
    assert survivors(search.worker_pids) == []
