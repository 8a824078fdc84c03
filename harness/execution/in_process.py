"""Runs cells one after another in the calling process: no start-up, and a debugger can step in."""

import os
import socket
from collections.abc import Sequence

from harness.cells.outcome import CellProgress, CellWork
from harness.errors import BenchError, cause_of
from harness.execution.attempts import MAX_ATTEMPTS, Attempts
from harness.execution.events import (
    CellFinished,
    CellLost,
    CellProgressed,
    CellStarted,
    RunListener,
    WorkerId,
    WorkerJoined,
)
from harness.execution.summary import RunInterrupted, RunSummary, Tally
from harness.execution.turns import ALONE, Turns
from harness.plan import Cell
from harness.torch_threads import torch_threads


class InProcess:
    """The executor of one worker when no cluster is asked for; see ``Executor``."""

    def __init__(self, *, num_threads: int | None = None, max_attempts: int = MAX_ATTEMPTS) -> None:
        """Args:
        num_threads: Torch threads of the work; None leaves them as they are.
        max_attempts: How often a cell is tried before it is lost.
        """
        self._num_threads = num_threads
        self._max_attempts = max_attempts

    def run(self, cells: Sequence[Cell], work: CellWork, on_event: RunListener, turns: Turns = ALONE) -> RunSummary:
        """Run every cell here; see ``Executor.run``."""
        with torch_threads(self._num_threads):
            return self._run(cells, work, on_event, turns)

    def _run(self, cells: Sequence[Cell], work: CellWork, on_event: RunListener, turns: Turns) -> RunSummary:
        here = WorkerId(rank=0, host=socket.gethostname(), pid=os.getpid())
        tally = Tally(len(cells), on_event)
        attempts = Attempts(cells, self._max_attempts, turns, tally.tell)
        try:
            tally.tell(WorkerJoined(worker=here))
            while not attempts.is_done:
                attempt = attempts.take()
                if attempt is None:
                    if not attempts.is_done:
                        turns.pause()
                    continue
                cell = attempt.cell
                tally.tell(CellStarted(cell=cell, worker=here, attempt=attempt.number))

                def report(progress: CellProgress, cell: Cell = cell) -> None:
                    tally.tell(CellProgressed(cell=cell, worker=here, progress=progress))

                try:
                    outcome = work(cell, report)
                except BenchError:
                    # Nothing that another attempt could mend, such as a record that cannot be written.
                    raise
                except Exception as error:
                    if not attempts.give_back(cell):
                        work.give_up(cell, cause_of(error))
                        tally.tell(CellLost(cell=cell, attempts=attempt.number, reason=cause_of(error)))
                else:
                    attempts.finish(cell)
                    tally.tell(CellFinished(cell=cell, worker=here, outcome=outcome))
        except KeyboardInterrupt:
            raise RunInterrupted(tally.summary()) from None
        return tally.summary()
