import logging
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

import harness
from harness.cells.outcome import CellOutcome, CellProgress
from harness.config import RunSettings
from harness.execution.events import CellFinished, CellLost, CellProgressed, CellStarted, RunEvent, WorkerId
from harness.jobs.tracking import tracked
from harness.records import CellRecord
from harness.store import RecordStore
from harness.trackers import TRACKERS
from harness.trackers.tracked_run import TrackedRun
from tests.support import records as make
from tests.support.cells import make_cell

WORKER = WorkerId(rank=0, host="here", pid=1)
CELL = make_cell("tile")
DONE = CellOutcome(cell_id=CELL.id, status="ok", error=None, image_auroc=0.9, seconds=1.0)
FINISHED = CellFinished(cell=CELL, worker=WORKER, outcome=DONE)
SMALL = {"datasets": ["demo/board"], "methods": ["constant"], "protocol": {"image_size_px": 32}, "workers": 0}


class Kept:
    """Keeps what it is given."""

    package: ClassVar[str] = "json"
    runs: ClassVar[list[TrackedRun]] = []
    act: ClassVar[Callable[[], None]] = lambda: None

    def __init__(self, folder: Path) -> None:
        pass

    def log(self, run: TrackedRun) -> None:
        type(self).act()
        self.runs.append(run)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kept, "runs", [])
    monkeypatch.setitem(TRACKERS._entries, "kept", f"{__name__}:Kept")


def told(tmp_path: Path, *events: RunEvent, record: CellRecord | None = None) -> list[RunEvent]:
    store, heard = RecordStore(str(tmp_path)), []
    if record is not None:
        store.write(record)
    with tracked(RunSettings(track=("kept",), results=str(tmp_path)), store, heard.append) as listen:
        for event in events:
            listen(event)
    return heard


def progressed(done: int, loss: float | None) -> RunEvent:
    return CellProgressed(cell=CELL, worker=WORKER, progress=CellProgress(stage="fit", done=done, total=20, loss=loss))


def started(attempt: int) -> RunEvent:
    return CellStarted(cell=CELL, worker=WORKER, attempt=attempt)


def test_a_cell_comes_with_the_losses_of_the_attempt_that_ended_it(tmp_path: Path) -> None:
    record = make.cell_record(identity=CELL.identity())
    first, second = progressed(10, 9.0), (progressed(10, 0.5), progressed(20, 0.25), progressed(0, None))
    heard = told(tmp_path, started(1), first, started(2), *second, FINISHED, record=record)
    (run,) = Kept.runs
    assert run == TrackedRun.of(record, [(10, 0.5), (20, 0.25)])
    assert len(heard) == 7


def test_a_lost_cell_comes_as_its_failed_record(tmp_path: Path) -> None:
    store_record = make.failure_record(identity=CELL.identity())
    told(tmp_path, CellLost(cell=CELL, attempts=3, reason="gone"), record=store_record)  # type: ignore[arg-type]
    assert [run.tags["status"] for run in Kept.runs] == ["failed"]


def test_a_record_that_cannot_be_read_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told(tmp_path, FINISHED)
    assert Kept.runs == []
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("bench: mock/tile mock seed 0 is not tracked: No record of cell")


def test_without_trackers_the_listener_is_the_same(tmp_path: Path) -> None:
    heard: list[RunEvent] = []
    tell = heard.append
    with tracked(RunSettings(), RecordStore(str(tmp_path)), tell) as listen:
        assert listen is tell


def test_a_run_gives_each_of_its_cells_to_the_trackers_once(tmp_path: Path) -> None:
    for _ in range(2):
        done = harness.run(SMALL, results=str(tmp_path), track=["kept"])
    assert [run.tags["cell_id"] for run in Kept.runs] == done.frame["cell_id"].tolist()
    assert Kept.runs[0].metrics["image_auroc"] == 0.5


def test_a_tracker_that_fails_fails_no_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ConnectionError("The server is gone")

    monkeypatch.setattr(Kept, "act", fail)
    with caplog.at_level(logging.WARNING):
        done = harness.run(SMALL, results=str(tmp_path), track=["kept"], seeds=[0, 1])
    assert (done.num_failed, len(done.frame)) == (0, 2)
    assert len(caplog.records) == 1
