"""The executor on a Ray of this machine: the contract, and what the loss of worker processes does to a run."""

import math
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.cells.outcome import CellOutcome, CellProgress
from harness.execution.events import CellLost, CellProgressed, CellStarted, RunEvent, WorkerLost, WorkersPending
from harness.execution.executor import Executor
from harness.execution.ray_actors import Limits, RayActors
from harness.execution.session import HERE, RaySession, ray_session
from harness.execution.sizing import WorkerSize
from harness.execution.summary import ExecutionError, RunSummary
from harness.plan import Cell
from tests.support.executors import MAX_ATTEMPTS, ExecutorContract
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
NUM_CORES = 2


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RaySession]:
    with ray_session(num_cpus=NUM_CORES, address=HERE, log_dir=tmp_path_factory.mktemp("log")) as session:
        yield session


def actors(session: RaySession, workers: int, limits: Limits | None = None) -> RayActors:
    size = WorkerSize(workers=workers, cpus_per_worker=1, gpus_per_worker=0)
    # How long a worker takes to start is no business of these tests.
    limits = limits or Limits(pending_seconds=math.inf, first_pending_seconds=math.inf)
    return RayActors(session, size, max_attempts=MAX_ATTEMPTS, limits=limits)


class TestOneWorker(ExecutorContract):
    @pytest.fixture
    def executor(self, session: RaySession) -> Executor:
        return actors(session, 1)

    def test_the_worker_is_another_process(self, executor: Executor, store: MarkerStore) -> None:
        _, events = self.run(executor, store, "plain")
        assert {event.worker.pid for event in events if isinstance(event, CellStarted)} != {os.getpid()}


@dataclass
class FinishedRun:
    store: MarkerStore
    events: list[RunEvent] = field(default_factory=list)
    printed: tuple[str, str] = ("", "")
    summary: RunSummary = field(default_factory=lambda: RunSummary(num_cells=0))

    def of(self, kind: type, category: str) -> list[RunEvent]:
        return [each for each in self.events if isinstance(each, kind) and each.cell.category == category]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def run(session: RaySession, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Two workers, of which the driver kills one in the middle of ``victim``; ``poison`` ends two more."""
    found = FinishedRun(MarkerStore(tmp_path_factory.mktemp("run")))
    found.store.make_gate("gated-witness")
    victims: list[int] = []

    def on_event(event: RunEvent) -> None:
        found.events.append(event)
        match event:
            case CellProgressed(cell=Cell(category="victim"), worker=worker):
                victims.append(worker.pid)
            case WorkerLost(cell=Cell(category="victim")):
                found.store.open_gate("gated-witness")
        # Both are in the middle of their cells.
        if len(victims) == 1 and found.of(CellProgressed, "gated-witness"):
            os.kill(victims[0], signal.SIGKILL)
            victims.append(0)

    cells = make_cells("victim", "gated-witness", "raises", "poison", "plain-1", "plain-2")
    found.summary = actors(session, 2).run(cells, MarkerWork(found.store), on_event)
    return found


def test_a_killed_worker_costs_one_attempt_of_its_own_cell(run: FinishedRun) -> None:
    assert run.store.num_tries("victim") == 2
    assert run.store.records()["victim"]["status"] == "ok"


def test_the_cell_of_the_other_worker_is_unaffected_by_the_kill(run: FinishedRun) -> None:
    assert len(run.of(CellStarted, "gated-witness")) == 1


def test_a_cell_that_always_ends_its_process_is_lost_after_its_attempts(run: FinishedRun) -> None:
    assert run.store.num_tries("poison") == MAX_ATTEMPTS
    (lost,) = run.of(CellLost, "poison")
    assert isinstance(lost, CellLost)
    assert lost.attempts == MAX_ATTEMPTS
    assert lost.reason.startswith("worker ")
    assert lost.reason.endswith("its process ended (killed, out of memory or crashed)")
    assert run.store.records()["poison"]["error"] == lost.reason


def test_every_cell_leaves_one_record_and_the_summary_counts_them(run: FinishedRun) -> None:
    statuses = {category: record["status"] for category, record in run.store.records().items()}
    ok = ("victim", "gated-witness", "plain-1", "plain-2")
    assert statuses == dict.fromkeys(ok, "ok") | {"raises": "failed", "poison": "failed"}
    assert (run.summary.num_ok, run.summary.num_failed, run.summary.num_open) == (4, 2, 0)
    # The worker of the victim, and two that the poison ended.
    assert run.summary.num_lost_workers == 3


def test_more_workers_than_there_is_room_for_run_where_there_is(
    session: RaySession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = MarkerStore(tmp_path)
    pending: list[WorkersPending] = []
    categories = [f"gated-{number}" for number in range(4)]
    for category in categories:
        store.make_gate(category)

    def on_event(event: RunEvent) -> None:
        if isinstance(event, WorkersPending) and event.num_up == NUM_CORES:
            pending.append(event)
            for category in categories:
                store.gate(category).rename(tmp_path / f"opened-{category}")

    limits = Limits(pending_seconds=0)
    summary = actors(session, 4, limits).run(make_cells(*categories), Gated(store), on_event)
    assert summary.num_ok == 4
    assert (pending[0].num_up, pending[0].num_asked) == (NUM_CORES, 4)
    assert "2 cores and 0 GPUs are offered in all; a worker asks for 1 of the cores" in pending[0].offer
    assert tuple(capfd.readouterr()) == ("", "")


class Gated(MarkerWork):
    """Each cell waits until its gate has gone."""

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        import time

        while self.store.gate(cell.category).exists():
            time.sleep(0.02)
        return CellOutcome(cell_id=cell.id, status="ok", error=None, image_auroc=None, seconds=0.0)


class Unloadable(MarkerWork):
    """Cannot be made in a worker."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[int]]:
        return (_not_here, (os.getpid(),))


def _not_here(driver: int) -> None:
    assert os.getpid() == driver, "not in a worker"


def test_work_that_no_worker_can_load_ends_the_run(session: RaySession, tmp_path: Path) -> None:
    with pytest.raises(ExecutionError, match=r"3 workers in a row ended while they started.*not in a worker"):
        actors(session, 2, Limits(max_failed_starts=2)).run(
            make_cells("a", "b"), Unloadable(MarkerStore(tmp_path)), lambda event: None
        )


def test_a_run_that_no_worker_can_join_says_what_there_is(session: RaySession, tmp_path: Path) -> None:
    size = WorkerSize(workers=1, cpus_per_worker=1, gpus_per_worker=1)
    executor = RayActors(session, size, limits=Limits(worker_wait_seconds=0))
    with pytest.raises(
        ExecutionError, match=r"No worker is up after .* 2 cores and 0 GPUs are offered .* 1 of the GPUs"
    ):
        executor.run(make_cells("a"), MarkerWork(MarkerStore(tmp_path)), lambda event: None)
