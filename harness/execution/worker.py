"""The loop of one worker: take a cell, run it, say so, until nothing is left. Knows no Ray."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from harness.cells.outcome import CellProgress, CellWork
from harness.errors import cause_of
from harness.execution.events import WorkerId
from harness.execution.queue import Lease, NoLease

_HEARTBEAT_SECONDS = 1.0
_WAIT_SECONDS = 0.2
_REPORT_SECONDS = 0.25


class Link(Protocol):
    """A worker's way to what the driver keeps; used by several threads."""

    def ask(self, call: str, *arguments: Any) -> Any:
        """Call and wait for the answer."""
        ...

    def tell(self, call: str, *arguments: Any) -> None:
        """Call without waiting."""
        ...


def serve_cells(queue: Link, rank: int, work: CellWork) -> None:
    """Run cells until the queue has no more for this worker.

    Args:
        queue: The way to a ``CellQueue``.
        rank: This worker's place among the workers; kept by the process that replaces it.
        work: Runs a cell and writes its record.
    """
    me = WorkerId(rank=rank, host=socket.gethostname(), pid=os.getpid(), token=uuid.uuid4().hex)
    queue.ask("join", me)
    with _heartbeat(queue, me):
        while True:
            answer = queue.ask("lease", me)
            if answer is NoLease.DONE:
                return
            if answer is NoLease.WAIT:
                time.sleep(_WAIT_SECONDS)
            else:
                _serve(answer, queue, work, me)


def _serve(lease: Lease, queue: Link, work: CellWork, me: WorkerId) -> None:
    cell_id = lease.cell.id
    try:
        outcome = work(lease.cell, _Reporter(queue, me, cell_id))
    except Exception as error:
        queue.ask("abandon", me, cell_id, cause_of(error))
    else:
        queue.ask("finish", me, outcome)


class _Reporter:
    """Passes progress on without waiting, a few times a second at most: a report costs a message."""

    def __init__(self, queue: Link, me: WorkerId, cell_id: str) -> None:
        self._queue, self._me, self._cell_id = queue, me, cell_id
        self._stage = ""
        self._next_at = 0.0

    def __call__(self, progress: CellProgress) -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now < self._next_at and progress.done < progress.total:
            return
        self._stage, self._next_at = progress.stage, now + _REPORT_SECONDS
        self._queue.tell("progress", self._me, self._cell_id, progress)


@contextmanager
def _heartbeat(queue: Link, me: WorkerId) -> Iterator[None]:
    """Tell the queue every second that this process lives, also during a long cell."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(_HEARTBEAT_SECONDS):
            queue.tell("heartbeat", me)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
