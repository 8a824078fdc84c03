"""The driver of a run ends in the middle of it: by SIGKILL, by SIGTERM, by Ctrl-C."""

import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.support.marked_cells import MarkerStore
from tests.support.processes import survivors

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CATEGORIES = ("plain-1", "plain-2", "victim-1", "victim-2")
IN_PROCESS, ACTORS = ("none", 1), ("local", 2)


@dataclass
class EndedRun:
    store: MarkerStore
    command: list[str]
    pids: set[int]
    """Of the processes in the middle of a cell that never ends by itself."""
    lines: list[str]
    code: int


def end(store: MarkerStore, where: tuple[str, int], number: signal.Signals) -> EndedRun:
    """Start a run, and send its driver a signal once every worker is in the middle of a cell."""
    address, workers = where
    command = [sys.executable, "-m", "tests.integration.run_script", str(store.folder), address, "300", str(workers)]
    command += CATEGORIES
    blocked: set[str] = set()
    pids: set[int] = set()
    lines: list[str] = []
    # A shell starts background commands with SIGINT ignored; a driver in a terminal has it as by default.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    ) as driver:
        assert driver.stdout is not None
        for line in driver.stdout:
            lines.append(line.strip())
            match line.split():
                case ["CellProgressed", ("victim-1" | "victim-2") as category, pid]:
                    blocked.add(category)
                    pids.add(int(pid))
            if len(blocked) == workers:
                blocked.add("signalled")
                driver.send_signal(number)
    return EndedRun(store, command, pids, lines, driver.returncode)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> EndedRun:
    return end(MarkerStore(tmp_path_factory.mktemp("killed")), ACTORS, signal.SIGKILL)


@pytest.fixture(scope="module")
def second(killed: EndedRun) -> tuple[dict[str, object], subprocess.CompletedProcess[str]]:
    """The records after the kill; and the same command again."""
    before = dict(killed.store.records())
    return before, subprocess.run(killed.command, capture_output=True, text=True, check=False)


def test_finished_records_stay_when_the_driver_is_killed(second: tuple[dict[str, object], object]) -> None:
    assert sorted(second[0]) == ["plain-1", "plain-2"]


def test_the_same_command_finishes_only_the_rest(
    killed: EndedRun, second: tuple[object, subprocess.CompletedProcess[str]]
) -> None:
    lines = second[1].stdout.splitlines()
    assert lines[0] == "Plan victim-1 victim-2"
    assert lines[-1] == "Done"
    assert sorted(killed.store.records()) == sorted(CATEGORIES)
    assert [killed.store.num_tries(f"plain-{number}") for number in (1, 2)] == [1, 1]


def test_no_worker_outlives_its_killed_driver(killed: EndedRun, second: object) -> None:
    del second  # By the time that another run has ended, everything of the first one has.
    assert len(killed.pids) == 2
    assert survivors(killed.pids) == []


def test_the_terminal_shows_our_own_lines_only(second: tuple[object, subprocess.CompletedProcess[str]]) -> None:
    own = ("Plan", "WorkersPending", "WorkerJoined", "CellStarted", "CellProgressed", "CellFinished", "Done")
    assert [line for line in second[1].stdout.splitlines() if not line.startswith(own)] == []
    assert (second[1].stderr, second[1].returncode) == ("", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", [IN_PROCESS, ACTORS], ids=["in_process", "actors"])
def test_a_signal_ends_the_run_and_says_what_is_stored(
    tmp_path_factory: pytest.TempPathFactory, where: tuple[str, int], number: signal.Signals
) -> None:
    run = end(MarkerStore(tmp_path_factory.mktemp("signalled")), where, number)
    assert run.code == 130
    assert run.lines[-1] == "Interrupted: 2 of 4 cells are stored. The same command goes on with the rest."
    assert sorted(run.store.records()) == ["plain-1", "plain-2"]
    assert survivors(run.pids) == []
