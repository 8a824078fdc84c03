"""Runs on one results folder share its cells, and leave no claim behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.execution.events import CellHeldElsewhere, CellStarted, CellStoredElsewhere
from harness.execution.turns import HeldElsewhere, StoredElsewhere
from harness.jobs import sharing
from harness.jobs.run import CellsChecked, RunResult
from harness.jobs.sharing import SharedTurns, shared, tend
from harness.plan import Cell
from harness.store import RecordStore, claims, compaction
from harness.store.folders import LocalFolder
from tests.support import records as make
from tests.support.cells import make_cell

CELL = make_cell("tile")
SMALL: dict[str, Any] = {"datasets": ["demo"], "protocol": {"image_size_px": 32}, "workers": 0}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(claims, "_LOOK_SECONDS", 0.0)


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    return RecordStore(str(tmp_path / "results"))


def claim_files(store: RecordStore) -> list[Path]:
    return sorted((Path(store.url) / "claims").glob("*"))


def written(store: RecordStore, cell: Cell = CELL) -> None:
    store.write(make.cell_record(identity=cell.identity()))


def test_a_cell_is_one_run_s_at_a_time(store: RecordStore) -> None:
    with shared(store, {}) as (one, no_notes), shared(store, {}) as (two, notes):
        assert one.take(CELL) is None
        held = two.take(CELL)
        one.leave(CELL)
    assert no_notes == []
    assert isinstance(held, HeldElsewhere)
    assert notes == [
        f"Another run works on these results too: {held.run}. This one takes the cells that it does not hold."
    ]


def test_a_cell_that_was_stored_since_the_plan_is_not_run(store: RecordStore) -> None:
    with shared(store, {}) as (turns, _):
        written(store)
        assert isinstance(turns.take(CELL), StoredElsewhere)


def test_a_cell_that_the_plan_runs_again_is_run_unless_its_record_has_changed_since(store: RecordStore) -> None:
    written(store)
    planned = store.parts()
    with shared(store, planned) as (turns, _):
        assert turns.take(CELL) is None
        turns.leave(CELL)
        written(store)
        assert isinstance(turns.take(CELL), StoredElsewhere)


def test_compaction_does_not_make_a_record_look_changed(store: RecordStore) -> None:
    written(store)
    planned = store.parts()
    store.compact()
    with shared(store, planned) as (turns, _):
        assert turns.take(CELL) is None


def test_a_damaged_record_is_run_again(store: RecordStore) -> None:
    written(store)
    (part,) = (Path(store.url) / "records").iterdir()
    part.write_bytes(b"")
    with shared(store, store.parts()) as (turns, _):
        assert turns.take(CELL) is None


@pytest.mark.parametrize("error", [None, KeyboardInterrupt("Ctrl-C"), ValueError("a defect of ours")])
def test_no_claim_is_left_behind_however_a_run_ends(store: RecordStore, error: BaseException | None) -> None:
    def run() -> None:
        with shared(store, {}) as (turns, _):
            turns.take(CELL)
            assert len(claim_files(store)) == 1
            if error is not None:
                raise error

    if error is None:
        run()
    else:
        with pytest.raises(type(error), match=str(error)):
            run()
    assert claim_files(store) == []


def test_a_run_goes_on_where_claims_cannot_be_written(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def put(folder: LocalFolder, name: str, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LocalFolder, "put", put)
    with shared(store, {}) as (turns, _):
        assert turns.take(CELL) is None
    assert any("mock/tile mock seed 0 is not claimed: [Errno 28]" in message for message in caplog.messages)


def test_a_run_gathers_parts_when_many_are_loose(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY_PARTS", 2)
    monkeypatch.setattr("harness.store.store.MANY_PARTS", 2)
    claim = store.claims()
    claim.begin()
    written(store)
    tend(store, claim)
    assert len(list((Path(store.url) / "records").iterdir())) == 1
    written(store, make_cell("board"))
    tend(store, claim)
    assert list((Path(store.url) / "records").iterdir()) == []
    assert set(store.statuses()) == {CELL.id, make_cell("board").id}
    claim.end()


def test_a_run_does_not_gather_parts_while_another_one_does(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.store.store.MANY_PARTS", 1)
    one, two = store.claims(), store.claims()
    one.begin()
    two.begin()
    one.take("compaction")
    written(store)
    tend(store, two)
    assert len(list((Path(store.url) / "records").iterdir())) == 1


def test_a_second_run_takes_what_the_first_has_not_begun_and_waits_for_the_rest(store: RecordStore) -> None:
    second_waits, told = threading.Event(), []

    def wait_for_second(event: object) -> None:
        if isinstance(event, CellStarted) and not second_waits.is_set():
            second.start()
            assert second_waits.wait(120)

    def watch(event: object) -> None:
        told.append(event)
        if isinstance(event, CellHeldElsewhere):
            held.append(event.cell.id)
        if len([each for each in told if isinstance(each, CellStarted)]) == 4:
            second_waits.set()

    held: list[str] = []
    results: list[RunResult] = []
    run = {**SMALL, "methods": ["constant"], "results": store.url}
    second = threading.Thread(target=lambda: results.append(harness.run(run, on_event=watch)))
    results.append(harness.run(run, on_event=wait_for_second))
    second.join()

    ran = [event.cell.id for event in told if isinstance(event, CellStarted)]
    (first_held,) = dict.fromkeys(held)
    assert first_held not in ran
    assert [event.cell.id for event in told if isinstance(event, CellStoredElsewhere)] == [first_held]
    assert len(ran) == 4
    (notes,) = (event.notes for event in told if isinstance(event, CellsChecked))
    assert any(note.startswith(f"Another run works on these results too: process {os.getpid()} on ") for note in notes)
    for result in results:
        assert (len(result.frame), result.num_failed) == (5, 0)
    numbers = sorted((result.summary.num_ok, result.summary.num_elsewhere) for result in results if result.summary)
    assert numbers == [(1, 4), (4, 1)]
    assert claim_files(store) == []


@pytest.fixture
def killed(store: RecordStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings of a run that was killed in the middle of its second cell."""
    monkeypatch.setenv("ENDS_ONCE", str(tmp_path / "mark"))
    run = {**SMALL, "methods": ["tests.support.ending_method:EndsOnce"], "results": store.url}
    first = harness.run({**run, "datasets": ["demo/board"]})
    assert first.num_failed == 0
    (tmp_path / "mark").touch()
    script = f"import harness; harness.run({run!r})"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    return run


def held_by(store: RecordStore) -> list[str]:
    return [cell for path in claim_files(store) for cell in json.loads(path.read_bytes())["cells"]]


def test_a_run_takes_over_the_cell_of_one_that_was_killed_on_this_machine(
    store: RecordStore, killed: dict[str, Any]
) -> None:
    (cell_id,) = held_by(store)
    assert cell_id not in store.statuses()
    result = harness.run(killed)
    assert result.summary is not None
    assert (result.summary.num_ok, result.summary.num_elsewhere, len(result.frame)) == (4, 0, 5)
    assert claim_files(store) == []


def test_a_run_takes_over_the_cell_of_one_elsewhere_once_its_claim_has_expired(
    store: RecordStore, killed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = claim_files(store)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"machine": "another", "host": "bench-2"}))

    def an_hour_later(seconds: float) -> None:
        before = path.stat().st_mtime - 3600
        os.utime(path, (before, before))

    pause: Callable[[SharedTurns], None] = lambda turns: an_hour_later(1.0)  # noqa: E731
    monkeypatch.setattr(SharedTurns, "pause", pause)
    told: list[object] = []
    result = harness.run(killed, on_event=told.append)
    assert result.summary is not None
    assert (result.summary.num_ok, len(result.frame)) == (4, 5)
    (held,) = (event for event in told if isinstance(event, CellHeldElsewhere))
    assert held.run.endswith(" on bench-2")
    # It came last, after every cell that nobody held.
    started = [event.cell.id for event in told if isinstance(event, CellStarted)]
    assert started[-1] == held.cell.id
    assert claim_files(store) == []
