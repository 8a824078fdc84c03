"""SIGKILL of the driver in the middle of a run, then the same command again."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.integration.fleet_work import MarkerStore
from tests.support.processes import is_alive

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CATEGORIES = ("plain-1", "plain-2", "victim-1", "victim-2")


@dataclass
class TwoRuns:
    store: MarkerStore
    records_after_kill: list[str]
    worker_pids: set[int]
    second: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module", params=["pool", "local"])
def two_runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    folder = tmp_path_factory.mktemp("driver")
    command = [sys.executable, "-m", "tests.integration.fleet_script", str(folder), request.param, "300", *CATEGORIES]
    store = MarkerStore(folder)
    in_progress: set[str] = set()
    pids: set[int] = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        for line in first.stdout:
            match line.split():
                case ["CellProgressed", ("victim-1" | "victim-2") as category, pid]:
                    in_progress.add(category)
                    pids.add(int(pid))
            # Both workers are now blocked for ever, in the middle of a cell.
            if len(in_progress) == 2:
                first.kill()
    records_after_kill = sorted(store.records())
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    return TwoRuns(store=store, records_after_kill=records_after_kill, worker_pids=pids, second=second)


def test_finished_records_stay_when_the_driver_is_killed(two_runs: TwoRuns) -> None:
    assert two_runs.records_after_kill == ["plain-1", "plain-2"]


def test_the_same_command_finishes_only_the_rest(two_runs: TwoRuns) -> None:
    lines = two_runs.second.stdout.splitlines()
    assert lines[0] == "Plan victim-1 victim-2"
    assert lines[-1] == "Done"
    assert sorted(two_runs.store.records()) == ["plain-1", "plain-2", "victim-1", "victim-2"]
    assert [two_runs.store.num_tries(f"plain-{number}") for number in (1, 2)] == [1, 1]


def test_no_worker_outlives_its_killed_driver(two_runs: TwoRuns) -> None:
    assert len(two_runs.worker_pids) == 2
    assert not any(is_alive(pid) for pid in two_runs.worker_pids)


def test_the_terminal_shows_our_own_lines_only(two_runs: TwoRuns) -> None:
    own = ("Plan", "WorkerJoined", "CellStarted", "CellProgressed", "CellFinished", "Done")
    assert [line for line in two_runs.second.stdout.splitlines() if not line.startswith(own)] == []
    assert two_runs.second.stderr == ""
    assert two_runs.second.returncode == 0
