import os
from collections.abc import Callable

import pytest

from harness.cells.outcome import CellOutcome, CellProgress
from harness.execution.events import CellFinished, CellProgressed, CellStarted, FleetEvent, WorkerJoined
from harness.execution.in_process import run_local
from harness.execution.summary import RunInterrupted
from harness.plan import Cell
from tests.support.cells import make_cell


def work(cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
    if cell.category == "interrupted":
        raise KeyboardInterrupt
    if cell.category == "unwritable":
        raise OSError("No space left on device")
    report(CellProgress(stage="fit", done=1, total=1))
    failed = cell.category == "bad"
    return CellOutcome(
        cell_id=cell.id,
        status="failed" if failed else "ok",
        error="DataError: broken" if failed else None,
        image_auroc=None if failed else 0.9,
        seconds=1.0,
    )


def test_events_come_in_the_order_of_the_work_from_this_process() -> None:
    events: list[FleetEvent] = []
    run_local([make_cell("a")], work, events.append)
    assert [type(event) for event in events] == [WorkerJoined, CellStarted, CellProgressed, CellFinished]
    assert events[0].worker.pid == os.getpid()


def test_a_failed_cell_does_not_end_the_run() -> None:
    summary = run_local([make_cell("bad"), make_cell("a")], work, lambda event: None)
    assert (summary.num_ok, summary.num_failed, summary.num_open) == (1, 1, 0)


def test_ctrl_c_says_what_is_stored_and_how_to_go_on() -> None:
    with pytest.raises(RunInterrupted, match=r"1 of 3 cells are stored\. The same command goes on") as caught:
        run_local([make_cell("a"), make_cell("interrupted"), make_cell("b")], work, lambda event: None)
    assert caught.value.summary.num_open == 2


def test_trouble_of_the_process_keeps_its_traceback() -> None:
    with pytest.raises(OSError, match="No space left"):
        run_local([make_cell("unwritable")], work, lambda event: None)
