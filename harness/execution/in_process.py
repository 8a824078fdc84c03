"""Runs cells one after another in the calling process: no start-up, and a debugger can step in."""

import os
import socket
import time
from collections.abc import Callable, Sequence

from harness.cells.outcome import CellProgress, CellWork
from harness.execution.events import (
    CellFinished,
    CellProgressed,
    CellStarted,
    FleetEvent,
    WorkerId,
    WorkerJoined,
)
from harness.execution.summary import FleetSummary, RunInterrupted, Tally
from harness.plan import Cell


def run_local(cells: Sequence[Cell], work: CellWork, on_event: Callable[[FleetEvent], None]) -> FleetSummary:
    """Run every cell here, in the given order.

    Args:
        cells: What to run.
        work: Runs a cell and writes its record. What it raises ends the run with its traceback:
            there is no other process to try again in.
        on_event: Called for everything that happens, between the steps of the work.

    Returns:
        The counts; nothing is ever lost here.

    Raises:
        RunInterrupted: Ctrl-C; the running cell leaves no record.
    """
    here = WorkerId(rank=0, host=socket.gethostname(), pid=os.getpid(), token="local")
    tally = Tally(len(cells))
    started_at = time.monotonic()

    def tell(event: FleetEvent) -> None:
        tally.add(event)
        on_event(event)

    def summary() -> FleetSummary:
        return tally.summary(start_seconds=0.0, work_seconds=time.monotonic() - started_at)

    try:
        tell(WorkerJoined(worker=here))
        for cell in cells:
            tell(CellStarted(cell=cell, worker=here, attempt=1))

            def report(progress: CellProgress, cell: Cell = cell) -> None:
                tell(CellProgressed(cell=cell, worker=here, progress=progress))

            tell(CellFinished(cell=cell, worker=here, outcome=work(cell, report)))
    except KeyboardInterrupt:
        raise RunInterrupted(summary()) from None
    return summary()
