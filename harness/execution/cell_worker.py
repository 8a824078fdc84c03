"""A Ray actor that runs one cell after another. Imported in worker processes; knows nothing of the run."""

import os
import queue
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from harness.cells.outcome import CellOutcome, CellProgress, CellWork
from harness.execution.events import WorkerId
from harness.plan import Cell

_REPORT_SECONDS = 0.25


class CellWorker:
    """Lives as long as the run; ``run`` streams what a cell tells, and its outcome last."""

    def __init__(self, rank: int, work: CellWork, num_threads: int) -> None:
        """Args:
        rank: Place among the workers of the run.
        work: Runs a cell and writes its record.
        num_threads: Torch threads of the work.
        """
        self._rank = rank
        self._work = work
        # One thread for all cells: torch counts its threads for the thread that asks.
        self._thread = ThreadPoolExecutor(1, "cell", _set_threads, (num_threads,))
        # Nothing of a cell's own; afterwards the first cell finds torch imported.
        self._thread.submit(int).result()

    def hello(self) -> WorkerId:
        """Where this process runs; answered as soon as it can take a cell."""
        return WorkerId(rank=self._rank, host=socket.gethostname(), pid=os.getpid())

    def run(self, cell: Cell) -> Iterator[CellProgress | CellOutcome]:
        """Run one cell in a thread of its own, so that its progress can be told meanwhile.

        Raises:
            Exception: Whatever the work raises: trouble that is not the cell's fault.
        """
        told: queue.SimpleQueue[CellProgress | None] = queue.SimpleQueue()
        future: Future[CellOutcome] = self._thread.submit(self._work, cell, _Sparingly(told))
        future.add_done_callback(lambda _: told.put(None))
        while (progress := told.get()) is not None:
            yield progress
        yield future.result()


class _Sparingly:
    """Passes progress on a few times a second at most, as each report is a message to the driver."""

    def __init__(self, told: "queue.SimpleQueue[CellProgress | None]") -> None:
        self._told = told
        self._stage = ""
        self._next_at = 0.0

    def __call__(self, progress: CellProgress) -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now < self._next_at and progress.done < progress.total:
            return
        self._stage, self._next_at = progress.stage, now + _REPORT_SECONDS
        self._told.put(progress)


def _set_threads(num_threads: int) -> None:
    import torch

    torch.set_num_threads(num_threads)
