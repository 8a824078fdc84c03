from collections.abc import Callable, Iterator

import pytest

from harness.cells.outcome import CellOutcome
from harness.execution.driver import FleetDriver, FleetLimits
from harness.execution.events import CellFinished, CellLost, CellStarted, FleetEvent, WorkerId, WorkerLost
from harness.execution.queue import News
from harness.execution.summary import FleetError
from tests.support.cells import make_cell

WORKER = WorkerId(rank=0, host="host", pid=1, token="0")
CELL = make_cell("a")


def news(*events: FleetEvent, is_done: bool = False, **changes: object) -> News:
    standing: dict[str, object] = {
        "work_seconds": 0.0,
        "seconds_without_worker": 0.0,
        "num_joined": 1,
        "num_failed_starts": 0,
        "last_failure": "",
    }
    return News(events=events, is_done=is_done, **{**standing, **changes})


class ScriptedQueue:
    def __init__(self, *script: News) -> None:
        self._script: Iterator[News] = iter(script)
        self.told: list[str] = []

    def poll(self) -> News:
        return next(self._script)

    def lose_workers(self, reason: str) -> None:
        self.told.append(reason)


class ScriptedGroup:
    def __init__(self, error: BaseException | None = None, ended: bool = False) -> None:
        self.error, self.ended = error, ended
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def starting(*groups: ScriptedGroup) -> Callable[[], ScriptedGroup]:
    return iter(groups).__next__


def a_driver(told: list[object] | None = None) -> FleetDriver:
    told = [] if told is None else told
    return FleetDriver(1, lambda cell, reason: told.append(f"lost: {reason}"), told.append, FleetLimits())


def offer() -> str:
    return "The cluster offers 2 cores."


def test_the_run_ends_when_the_queue_is_done_and_gives_the_workers_a_moment() -> None:
    outcome = CellOutcome(cell_id=CELL.id, status="ok", error=None, image_auroc=0.9, seconds=1)
    group, driver = ScriptedGroup(), a_driver()
    queue = ScriptedQueue(
        news(CellStarted(cell=CELL, worker=WORKER, attempt=1)),
        news(CellFinished(cell=CELL, worker=WORKER, outcome=outcome), is_done=True, work_seconds=1.0),
    )
    driver.drive(queue, starting(group), offer)
    assert group.waits[-1] == FleetLimits().end_seconds
    summary = driver.summary()
    assert (summary.outcomes, summary.work_seconds, summary.num_open) == ((outcome,), 1.0, 0)
    assert summary.start_seconds > 0


def test_the_failed_record_of_a_lost_cell_is_written_before_its_event() -> None:
    told: list[object] = []
    lost = CellLost(cell=CELL, attempts=3, reason="killed")
    a_driver(told).drive(ScriptedQueue(news(lost, is_done=True)), starting(ScriptedGroup()), offer)
    assert told == ["lost: killed", lost]


def test_workers_are_started_again_when_all_ended_before_the_work_did() -> None:
    queue = ScriptedQueue(news(num_joined=2), news(is_done=True, num_joined=4))
    first, second = ScriptedGroup(RuntimeError("two died at once"), ended=True), ScriptedGroup()
    a_driver().drive(queue, starting(first, second), offer)
    assert queue.told == ["all workers ended: RuntimeError: two died at once"]
    assert second.waits


def test_workers_that_never_joined_are_not_started_again() -> None:
    group = ScriptedGroup(ImportError("no module named harness"), ended=True)
    with pytest.raises(FleetError, match="could not be started: ImportError: no module named harness"):
        a_driver().drive(ScriptedQueue(news(num_joined=0)), starting(group), offer)


def test_a_second_start_that_brings_no_worker_is_the_last_one() -> None:
    groups = [ScriptedGroup(RuntimeError("gone"), ended=True) for _ in range(2)]
    queue = ScriptedQueue(news(num_joined=2), news(num_joined=2))
    with pytest.raises(FleetError, match="could not be started: RuntimeError: gone"):
        a_driver().drive(queue, starting(*groups), offer)


def test_a_run_without_any_worker_gives_up_and_says_what_the_cluster_has() -> None:
    queue = ScriptedQueue(news(), news(seconds_without_worker=301, last_failure="no sign of life"))
    with pytest.raises(FleetError, match=r"No worker for 301 s\. Last failure: no sign of life\. The cluster offers"):
        a_driver().drive(queue, starting(ScriptedGroup()), offer)


def test_workers_that_keep_ending_while_they_start_end_the_run() -> None:
    queue = ScriptedQueue(news(num_failed_starts=7, last_failure="OSError: no torch"))
    with pytest.raises(FleetError, match=r"7 workers in a row ended .* OSError: no torch"):
        a_driver().drive(queue, starting(ScriptedGroup()), offer)


def test_lost_workers_are_counted() -> None:
    driver = a_driver()
    gone = WorkerLost(worker=WORKER, reason="killed", cell=None)
    driver.drive(ScriptedQueue(news(gone), news(gone, is_done=True)), starting(ScriptedGroup()), offer)
    assert driver.summary().num_lost_workers == 2
