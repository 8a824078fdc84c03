"""What the loss of worker processes does to a run: one run of each kind, several claims a run."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from harness.execution.events import CellLost, CellProgressed, CellStarted, FleetEvent, WorkerJoined, WorkerLost
from harness.execution.fleet import run_fleet
from harness.execution.pool import run_pool
from harness.execution.session import HERE
from harness.execution.summary import FleetSummary, RunInterrupted
from harness.plan import Cell
from tests.integration.fleet_work import MarkerStore, MarkerWork, make_cells

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@dataclass
class FinishedRun:
    store: MarkerStore
    summary: FleetSummary
    events: list[FleetEvent]
    told_lost: list[str]

    def workers_that_ran(self, category: str) -> list[object]:
        return [
            event.worker for event in self.events if isinstance(event, CellStarted) and event.cell.category == category
        ]


def runner(where: str, folder: Path) -> Callable[..., FleetSummary]:
    return run_pool if where == "pool" else partial(run_fleet, address=HERE, log_dir=folder / "log")


@pytest.fixture(scope="module", params=["pool", "ray"])
def independent_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Two independent workers; the driver kills one in the middle of ``victim``."""
    folder = tmp_path_factory.mktemp("independent")
    store = MarkerStore(folder)
    store.make_gate("gated-witness")
    events: list[FleetEvent] = []
    told_lost: list[str] = []

    def on_event(event: FleetEvent) -> None:
        events.append(event)
        match event:
            case CellProgressed(cell=Cell(category="victim"), worker=worker) if store.num_tries("victim") == 1:
                os.kill(worker.pid, signal.SIGKILL)
            case WorkerLost(cell=Cell(category="victim")):
                store.open_gate("gated-witness")

    summary = runner(request.param, folder)(
        make_cells("victim", "gated-witness", "raises", "unwritable", "poison", "plain-1", "plain-2"),
        MarkerWork(store),
        lambda cell, reason: told_lost.append(f"{cell.category}: {reason}"),
        on_event,
        workers=2,
        cpus_per_worker=1,
        gpus_per_worker=0,
        max_attempts=2,
    )
    return FinishedRun(store=store, summary=summary, events=events, told_lost=told_lost)


def test_a_killed_worker_costs_one_try_of_its_own_cell(independent_run: FinishedRun) -> None:
    assert independent_run.store.num_tries("victim") == 2
    assert independent_run.store.records()["victim"]["status"] == "ok"


def test_the_other_workers_cell_is_unaffected_by_the_kill(independent_run: FinishedRun) -> None:
    assert independent_run.store.num_tries("gated-witness") == 1
    assert len(independent_run.workers_that_ran("gated-witness")) == 1


def test_every_cell_but_the_lost_one_leaves_one_record(independent_run: FinishedRun) -> None:
    statuses = {category: record["status"] for category, record in independent_run.store.records().items()}
    assert statuses == {
        "victim": "ok",
        "gated-witness": "ok",
        "raises": "failed",
        "unwritable": "ok",
        "plain-1": "ok",
        "plain-2": "ok",
    }


def test_a_cell_that_raises_is_a_failed_outcome_and_not_tried_again(independent_run: FinishedRun) -> None:
    assert independent_run.store.num_tries("raises") == 1
    (failed,) = [outcome for outcome in independent_run.summary.outcomes if outcome.status == "failed"]
    assert failed.error == "DataError: good/003.png is truncated"


def test_a_cell_that_always_ends_its_process_is_lost_after_its_attempts(independent_run: FinishedRun) -> None:
    assert independent_run.store.num_tries("poison") == 2
    (lost,) = [event for event in independent_run.events if isinstance(event, CellLost)]
    assert (lost.cell.category, lost.attempts) == ("poison", 2)
    (told,) = independent_run.told_lost
    assert told.startswith("poison: worker ")
    assert "its process ended" in told


def test_work_that_cannot_write_its_record_is_tried_again(independent_run: FinishedRun) -> None:
    assert independent_run.store.num_tries("unwritable") == 2


def test_the_summary_counts_what_happened(independent_run: FinishedRun) -> None:
    summary = independent_run.summary
    assert (summary.num_cells, summary.num_ok, summary.num_failed, summary.num_open) == (7, 5, 2, 0)
    # The victim's worker and two that the poison ended.
    assert summary.num_lost_workers == 3


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_one_group_restarts_after_a_kill_and_ctrl_c_keeps_what_is_done(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = MarkerStore(tmp_path)
    store.make_gate("gated-last")
    events: list[FleetEvent] = []

    def on_event(event: FleetEvent) -> None:
        events.append(event)
        match event:
            case CellProgressed(cell=Cell(category="victim"), worker=worker) if store.num_tries("victim") == 1:
                os.kill(worker.pid, signal.SIGKILL)
        joins = [number for number, each in enumerate(events) if isinstance(each, WorkerJoined)]
        # Both workers are back, in whatever order, and one of them waits at the gate.
        if len(joins) == 4 and len(store.records()) == 2:
            for each in events[joins[2] :]:
                if isinstance(each, CellProgressed) and each.cell.category == "gated-last":
                    signal.raise_signal(signal.SIGINT)

    with pytest.raises(RunInterrupted, match="2 of 3 cells are stored") as caught:
        run_fleet(
            make_cells("victim", "plain", "gated-last"),
            MarkerWork(store),
            lambda cell, reason: None,
            on_event,
            workers=2,
            cpus_per_worker=1,
            gpus_per_worker=0,
            address=HERE,
            log_dir=tmp_path / "log",
            independent=False,
        )
    assert sorted(store.records()) == ["plain", "victim"]
    assert caught.value.summary.num_open == 1
    joined = Counter(event.worker.rank for event in events if isinstance(event, WorkerJoined))
    assert joined == {0: 2, 1: 2}
    assert tuple(capfd.readouterr()) == ("", "")
    assert "Logs of all processes: " in (tmp_path / "log" / "ray.log").read_text()
