"""The loop of one fleet worker: take a cell, run it, say so, until nothing is left.

Runs inside a Ray Train worker process; ``serve_cells`` is that worker's train function.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.execution.cause import cause_of
from harness.execution.events import CellProgress, CellWork, WorkerId
from harness.execution.queue import Lease, NoLease

_HEARTBEAT_SECONDS = 1.0
_WAIT_SECONDS = 0.2
_REPORT_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class WorkerTask:
    """Everything a worker is sent."""

    queue: Any
    """Handle of the queue actor."""
    work: CellWork
    num_threads: int


def serve_cells(config: dict[str, WorkerTask]) -> None:
    """Run cells until the queue has no more for this worker.

    Args:
        config: The task under ``"task"``; Ray Train passes a dictionary.
    """
    import ray
    import torch
    from ray import train

    task = config["task"]
    torch.set_num_threads(task.num_threads)
    me = WorkerId(
        rank=train.get_context().get_world_rank(),
        host=socket.gethostname(),
        pid=os.getpid(),
        token=uuid.uuid4().hex,
    )
    ray.get(task.queue.join.remote(me))
    with _heartbeat(task.queue, me):
        while True:
            answer = ray.get(task.queue.lease.remote(me))
            if answer is NoLease.DONE:
                return
            if answer is NoLease.WAIT:
                time.sleep(_WAIT_SECONDS)
            else:
                _serve(answer, task, me)


def _serve(lease: Lease, task: WorkerTask, me: WorkerId) -> None:
    import ray

    cell_id = lease.cell.id
    try:
        outcome = task.work(lease.cell, _Reporter(task.queue, me, cell_id))
    except Exception as error:
        ray.get(task.queue.abandon.remote(me, cell_id, cause_of(error)))
    else:
        ray.get(task.queue.finish.remote(me, outcome))


class _Reporter:
    """Passes progress on without waiting, a few times a second at most: a report costs a message."""

    def __init__(self, queue: Any, me: WorkerId, cell_id: str) -> None:
        self._queue, self._me, self._cell_id = queue, me, cell_id
        self._stage = ""
        self._next_at = 0.0

    def __call__(self, progress: CellProgress) -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now < self._next_at and progress.done < progress.total:
            return
        self._stage, self._next_at = progress.stage, now + _REPORT_SECONDS
        self._queue.progress.remote(self._me, self._cell_id, progress)


@contextmanager
def _heartbeat(queue: Any, me: WorkerId) -> Iterator[None]:
    """Tell the queue every second that this process lives, also during a long cell."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(_HEARTBEAT_SECONDS):
            queue.heartbeat.remote(me)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
