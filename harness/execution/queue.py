"""The one queue that all workers of a run pull from: leases, signs of life, attempts.

Plain Python with an injected clock. Under Ray it is an actor; otherwise it lives in the driver.
A cell is at every moment in one of four places: pending, leased, finished, lost.
"""

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.cells.outcome import CellOutcome, CellProgress
from harness.execution.events import (
    CellFinished,
    CellLost,
    CellProgressed,
    CellStarted,
    FleetEvent,
    WorkerId,
    WorkerJoined,
    WorkerLost,
)
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class LeaseRules:
    """How long and how often a cell may be tried."""

    max_attempts: int = 3
    """A cell that ends its process must not do so for ever."""
    silence_seconds: float = 30.0
    """A worker unheard of for this long is lost. Only the last resort, for a node that went away:
    the end of a process is reported within a second."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A worker's right to run a cell."""

    cell: Cell
    attempt: int


class NoLease(Enum):
    """Why there is no cell for a worker."""

    WAIT = "others still run cells that may come back"
    DONE = "nothing is left for this worker"


@dataclass(frozen=True, kw_only=True)
class News:
    """What happened since the driver asked last, and how things stand."""

    events: tuple[FleetEvent, ...]
    is_done: bool
    work_seconds: float
    """From the first lease to the newest end of a cell."""
    seconds_without_worker: float
    """How long there has been no live worker; 0 while there is one."""
    num_joined: int
    """Workers that ever joined."""
    num_failed_starts: int
    """Workers in a row that ended before they joined."""
    last_failure: str
    """Why a worker ended last; empty when none did."""


class CellQueue:
    """Hands out cells in the given order and takes back those whose worker is lost.

    A cell's last attempt runs alone, after all others: a cell that died twice beside others may be
    their victim (memory, a restart of the whole group), and gets one try that only it can spoil.
    """

    def __init__(self, cells: Sequence[Cell], rules: LeaseRules, clock: Callable[[], float] = time.monotonic) -> None:
        """Args:
        cells: Longest first; ids are distinct.
        rules: Attempts and silence allowed.
        clock: Seconds that never go back.
        """
        self._cells = {cell.id: cell for cell in cells}
        assert len(self._cells) == len(cells), "a plan never holds the same cell twice"
        self._rules = rules
        self._clock = clock
        self._order = {cell_id: position for position, cell_id in enumerate(self._cells)}
        self._attempts = dict.fromkeys(self._cells, 0)
        self._pending: list[tuple[bool, int, str]] = []
        self._holders: dict[str, WorkerId] = {}
        self._closed: set[str] = set()
        self._last_heard: dict[WorkerId, float] = {}
        self._superseded: set[WorkerId] = set()
        self._events: list[FleetEvent] = []
        self._progress: dict[str, CellProgressed] = {}
        self._deserted_since: float = clock()
        self._first_lease_at: float | None = None
        self._last_end_at: float | None = None
        self._num_joined = 0
        self._num_failed_starts = 0
        self._last_failure = ""
        for cell_id in self._cells:
            self._push(cell_id)

    def join(self, worker: WorkerId) -> None:
        """A worker process is up. An earlier process of the same rank is thereby gone."""
        for other in [known for known in self._last_heard if known.rank == worker.rank and known != worker]:
            self._superseded.add(other)
            self._lose_worker(other, "its process was replaced")
        self._last_heard[worker] = self._clock()
        self._num_joined += 1
        self._num_failed_starts = 0
        self._events.append(WorkerJoined(worker=worker))

    def lease(self, worker: WorkerId) -> Lease | NoLease:
        """The next cell for this worker, or why there is none."""
        self._hear(worker)
        self._expire_silent()
        if self._is_done() or worker in self._superseded:
            return NoLease.DONE
        while self._pending and self._pending[0][2] in self._closed:
            heapq.heappop(self._pending)
        if not self._pending or any(self._runs_alone(cell_id) for cell_id in self._holders):
            return NoLease.WAIT
        is_last_attempt, _, cell_id = self._pending[0]
        if is_last_attempt and self._holders:
            return NoLease.WAIT
        heapq.heappop(self._pending)
        self._attempts[cell_id] += 1
        self._holders[cell_id] = worker
        if self._first_lease_at is None:
            self._first_lease_at = self._clock()
        lease = Lease(cell=self._cells[cell_id], attempt=self._attempts[cell_id])
        self._events.append(CellStarted(cell=lease.cell, worker=worker, attempt=lease.attempt))
        return lease

    def heartbeat(self, worker: WorkerId) -> None:
        """A sign of life; every other call of a worker is one too."""
        self._hear(worker)

    def progress(self, worker: WorkerId, cell_id: str, progress: CellProgress) -> None:
        """A cell came further; ignored when the worker no longer holds it."""
        self._hear(worker)
        if self._holders.get(cell_id) == worker:
            self._progress[cell_id] = CellProgressed(cell=self._cells[cell_id], worker=worker, progress=progress)

    def finish(self, worker: WorkerId, outcome: CellOutcome) -> None:
        """A record is written. The first word counts, also from a worker that was thought lost."""
        self._hear(worker)
        cell_id = outcome.cell_id
        if cell_id in self._closed:
            return
        self._close(cell_id)
        self._events.append(CellFinished(cell=self._cells[cell_id], worker=worker, outcome=outcome))

    def abandon(self, worker: WorkerId, cell_id: str, reason: str) -> None:
        """A worker could not do its cell for a reason that is not the cell's, and lives on."""
        self._hear(worker)
        if self._holders.get(cell_id) == worker:
            self._give_back(cell_id, reason)

    def worker_failed(self, rank: int, reason: str) -> None:
        """The process of this rank was seen to end."""
        self._last_failure = reason
        living = [worker for worker in self._last_heard if worker.rank == rank]
        if not living:
            self._num_failed_starts += 1
        for worker in living:
            self._superseded.add(worker)
            self._lose_worker(worker, reason)

    def lose_workers(self, reason: str) -> None:
        """Every worker process is gone; each one's cell is tried again."""
        for worker in list(self._last_heard):
            self._superseded.add(worker)
            self._lose_worker(worker, reason)

    def poll(self) -> News:
        """For the one driver: events since the last call, each delivered once."""
        self._expire_silent()
        events = (*self._events, *self._progress.values())
        self._events.clear()
        self._progress.clear()
        started, ended = self._first_lease_at, self._last_end_at
        return News(
            events=events,
            is_done=self._is_done(),
            work_seconds=0.0 if started is None or ended is None else ended - started,
            seconds_without_worker=0.0 if self._last_heard else self._clock() - self._deserted_since,
            num_joined=self._num_joined,
            num_failed_starts=self._num_failed_starts,
            last_failure=self._last_failure,
        )

    def _is_done(self) -> bool:
        return len(self._closed) == len(self._cells)

    def _runs_alone(self, cell_id: str) -> bool:
        return self._attempts[cell_id] == self._rules.max_attempts > 1

    def _push(self, cell_id: str) -> None:
        is_last_attempt = self._attempts[cell_id] + 1 == self._rules.max_attempts > 1
        heapq.heappush(self._pending, (is_last_attempt, self._order[cell_id], cell_id))

    def _hear(self, worker: WorkerId) -> None:
        if worker in self._superseded:
            return
        if worker not in self._last_heard:
            # Thought lost, but only slow: nobody has its rank yet, so it is welcome back.
            self._events.append(WorkerJoined(worker=worker))
        self._last_heard[worker] = self._clock()

    def _expire_silent(self) -> None:
        limit = self._clock() - self._rules.silence_seconds
        for worker in [known for known, heard in self._last_heard.items() if heard < limit]:
            self._lose_worker(worker, f"no sign of life for {self._rules.silence_seconds:.0f} s")

    def _lose_worker(self, worker: WorkerId, reason: str) -> None:
        del self._last_heard[worker]
        if not self._last_heard:
            self._deserted_since = self._clock()
        held = [cell_id for cell_id, holder in self._holders.items() if holder == worker]
        cell = self._cells[held[0]] if held else None
        self._last_failure = reason
        self._events.append(WorkerLost(worker=worker, reason=reason, cell=cell))
        for cell_id in held:
            self._give_back(cell_id, f"{worker}: {reason}")

    def _give_back(self, cell_id: str, reason: str) -> None:
        if self._attempts[cell_id] < self._rules.max_attempts:
            del self._holders[cell_id]
            self._progress.pop(cell_id, None)
            self._push(cell_id)
            return
        self._close(cell_id)
        self._events.append(CellLost(cell=self._cells[cell_id], attempts=self._attempts[cell_id], reason=reason))

    def _close(self, cell_id: str) -> None:
        self._closed.add(cell_id)
        self._holders.pop(cell_id, None)
        self._progress.pop(cell_id, None)
        self._last_end_at = self._clock()
