"""Runs cells in Ray actors: several workers of one machine, or of a cluster, by the same code.

Each worker is a long-lived actor that is handed one cell at a time. Nothing waits for all of them: a
worker takes cells from the moment its actor is up, and Ray starts actors as resources become free.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.cells.outcome import CellOutcome, CellProgress, CellWork
from harness.errors import cause_of
from harness.execution.attempts import MAX_ATTEMPTS, Attempt, Attempts
from harness.execution.cell_worker import CellWorker
from harness.execution.data_parallel import DataParallelWork, ProcessResources
from harness.execution.events import (
    CellFinished,
    CellLost,
    CellProgressed,
    CellStarted,
    RunListener,
    WorkerId,
    WorkerJoined,
    WorkerLost,
    WorkersPending,
)
from harness.execution.interruption import deferred_interrupts
from harness.execution.session import RaySession
from harness.execution.sizing import WorkerSize
from harness.execution.summary import ExecutionError, RunInterrupted, RunSummary, Tally
from harness.execution.turns import ALONE, Turns
from harness.plan import Cell

_WAIT_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds that keep a run from hanging."""

    worker_wait_seconds: float = 300.0
    """How long a run goes on without a single worker that is up, at the start and later. A cluster that
    has to boot machines first needs minutes."""
    pending_seconds: float = 5.0
    """After how long it is told that some workers are not up yet, once one is."""
    first_pending_seconds: float = 30.0
    """After how long it is told that none is up yet."""
    max_failed_starts: int = 6
    """Workers in a row that end while they start."""


@dataclass(eq=False)
class _Worker:
    rank: int
    processes: int
    """1 for an ordinary worker; more where each cell is trained by so many processes."""
    actor: Any
    awaited: Any
    """What it was asked last: a reference, or a generator of references; None where it is idle."""
    who: WorkerId | None = None
    """None until it is up."""
    attempt: Attempt | None = None


class RayActors:
    """The executor of several workers, and of every cluster; see ``Executor``."""

    def __init__(
        self,
        session: RaySession,
        size: WorkerSize,
        *,
        processes: Mapping[str, int] | None = None,
        storage: str = "",
        max_attempts: int = MAX_ATTEMPTS,
        limits: Limits | None = None,
    ) -> None:
        """Args:
        session: A cluster that is up.
        size: How many worker processes, and what each has.
        processes: Cell id to the processes that train it together, where that is more than one. Such a
            cell takes as many of the worker processes.
        storage: Folder or URL that every node reaches, for Ray Train's state of such cells.
        max_attempts: How often a cell is tried before it is lost.
        limits: Bounds on waiting; the defaults are meant for real runs.
        """
        self._session = session
        self._size = size
        self._processes = processes or {}
        self._storage = storage
        self._max_attempts = max_attempts
        self._limits = limits or Limits()

    def run(self, cells: Sequence[Cell], work: CellWork, on_event: RunListener, turns: Turns = ALONE) -> RunSummary:
        """Run every cell once, on whatever worker is free, and survive the loss of workers."""
        tally = Tally(len(cells), on_event)
        attempts = self._queues(cells, turns, tally.tell)
        run = _Run(attempts, tally, work, self._session, self._size, self._storage, self._limits, turns)
        try:
            with deferred_interrupts() as raise_if_interrupted:
                run.drive(raise_if_interrupted)
        except KeyboardInterrupt:
            raise RunInterrupted(run.tally.summary()) from None
        finally:
            run.stop()
        return run.tally.summary()

    def _queues(self, cells: Sequence[Cell], turns: Turns, tell: RunListener) -> dict[int, Attempts]:
        """Cells by their number of processes: each number has workers of its own."""
        alike: dict[int, list[Cell]] = {}
        for cell in cells:
            alike.setdefault(self._processes.get(cell.id, 1), []).append(cell)
        return {number: Attempts(alike[number], self._max_attempts, turns, tell) for number in sorted(alike)}


class _Run:
    """One call of ``RayActors.run``."""

    def __init__(
        self,
        attempts: Mapping[int, Attempts],
        tally: Tally,
        work: CellWork,
        session: RaySession,
        size: WorkerSize,
        storage: str,
        limits: Limits,
        turns: Turns,
    ) -> None:
        self.tally = tally
        self._turns = turns
        self._attempts, self._work, self._session, self._size = attempts, work, session, size
        self._resources = ProcessResources(cpus=size.cpus_per_worker, gpus=size.gpus_per_worker, storage=storage)
        self._limits = limits
        self._workers: list[_Worker] = []
        self._num_failed_starts = 0
        self._last_failure = ""
        self._changed_at = time.monotonic()
        self._has_told_pending = False

    def drive(self, raise_if_interrupted: Callable[[], None]) -> None:
        import ray

        for number, attempts in self._attempts.items():
            for _ in range(min(attempts.num_pending, max(1, self._size.workers // number))):
                self._workers.append(self._start(len(self._workers), number))
        while not all(attempts.is_done for attempts in self._attempts.values()):
            raise_if_interrupted()
            self._hand_out()
            awaited = {id(worker.awaited): worker for worker in self._workers if worker.awaited is not None}
            if not awaited:
                # Every worker is idle: what is left is with other runs, or was stored by them just now.
                if not all(attempts.is_done for attempts in self._attempts.values()):
                    self._turns.pause()
                continue
            references = [worker.awaited for worker in awaited.values()]
            ready, _ = ray.wait(references, num_returns=1, timeout=_WAIT_SECONDS, fetch_local=False)
            if ready:
                # One at a time would take time for each message that grows with the number of workers.
                ready, _ = ray.wait(references, num_returns=len(references), timeout=0, fetch_local=False)
            for reference in ready:
                self._hear(awaited[id(reference)])
            self._look_around()

    def stop(self) -> None:
        """End every worker; what they have in their hands is lost."""
        import ray

        for worker in self._workers:
            ray.kill(worker.actor)
        self._workers.clear()

    def _start(self, rank: int, processes: int) -> _Worker:
        import ray

        num_threads = max(1, int(self._size.cpus_per_worker))
        options: dict[str, Any] = {"num_cpus": self._size.cpus_per_worker, "num_gpus": self._size.gpus_per_worker}
        work = self._work
        if processes > 1:
            # The actor only waits for the processes that it starts, which have the cores and GPUs.
            work = DataParallelWork(work, processes, self._resources)
            options = {"num_cpus": 0, "num_gpus": 0}
        actor = ray.remote(CellWorker).options(**options).remote(rank, work, num_threads)
        return _Worker(rank, processes, actor, awaited=actor.hello.remote())

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.who is None or worker.awaited is not None:
                continue
            attempt = self._attempts[worker.processes].take()
            if attempt is not None:
                worker.attempt = attempt
                worker.awaited = worker.actor.run.options(num_returns="streaming").remote(attempt.cell)
                self.tally.tell(CellStarted(cell=attempt.cell, worker=worker.who, attempt=attempt.number))

    def _hear(self, worker: _Worker) -> None:
        """Take what a worker has to say: that it is up, progress, an outcome, or that it is no more."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        try:
            if worker.who is None:
                worker.who = ray.get(worker.awaited)
                worker.awaited = None
                self._num_failed_starts = 0
                self._changed_at = time.monotonic()
                self._has_told_pending = False
                self.tally.tell(WorkerJoined(worker=worker.who))
            else:
                self._take(worker, ray.get(next(worker.awaited)))
        except StopIteration:
            # Only now is the actor free: a generator that is left before its end looks like a death.
            worker.awaited = None
        except RayTaskError as error:
            if worker.who is None:
                self._replace(worker, cause_of(error.cause))
            else:
                self._give_back(worker, cause_of(error.cause))
                if worker.processes > 1:
                    # What Ray Train holds for a group that failed, its cores and GPUs among it, ends with its owner.
                    self._restart(worker)
        except RayError as error:
            self._replace(worker, _why_it_ended(error) if worker.who else cause_of(error))

    def _take(self, worker: _Worker, told: CellProgress | CellOutcome) -> None:
        assert worker.who is not None, "a worker is up before it says anything else"
        if worker.attempt is None:
            return
        cell = worker.attempt.cell
        if isinstance(told, CellProgress):
            self.tally.tell(CellProgressed(cell=cell, worker=worker.who, progress=told))
            return
        worker.attempt = None
        self._attempts[worker.processes].finish(cell)
        self.tally.tell(CellFinished(cell=cell, worker=worker.who, outcome=told))

    def _give_back(self, worker: _Worker, reason: str) -> None:
        attempt, worker.attempt = worker.attempt, None
        if attempt is None or self._attempts[worker.processes].give_back(attempt.cell):
            return
        # The record first, so that whoever hears of the loss finds it.
        self._work.give_up(attempt.cell, reason)
        self.tally.tell(CellLost(cell=attempt.cell, attempts=attempt.number, reason=reason))

    def _replace(self, worker: _Worker, reason: str) -> None:
        """Say that a worker ended, and put a new one in its place."""
        self._last_failure = reason
        self._changed_at = time.monotonic()
        if worker.who is None:
            self._num_failed_starts += 1
            if self._num_failed_starts > self._limits.max_failed_starts:
                raise ExecutionError(
                    f"{self._num_failed_starts} workers in a row ended while they started. Last reason: {reason}"
                )
        else:
            cell = worker.attempt.cell if worker.attempt else None
            self.tally.tell(WorkerLost(worker=worker.who, reason=reason, cell=cell))
            self._give_back(worker, f"{worker.who}: {reason}")
        self._restart(worker)

    def _restart(self, worker: _Worker) -> None:
        """End a worker, and start a new one in its place, so that a rank stays one worker."""
        import ray

        ray.kill(worker.actor)
        self._workers[self._workers.index(worker)] = self._start(worker.rank, worker.processes)

    def _look_around(self) -> None:
        """Say so when workers are missing, and give up when there has been none for too long."""
        num_up = sum(worker.who is not None for worker in self._workers)
        waited = time.monotonic() - self._changed_at
        if num_up == len(self._workers):
            return
        if num_up == 0 and waited > self._limits.worker_wait_seconds:
            why = f" The last one ended: {self._last_failure}." if self._last_failure else ""
            raise ExecutionError(f"No worker is up after {waited:.0f} s.{why} {self._offer_text()}.")
        # The first worker takes its time to import what it needs; later ones are told of sooner.
        patience = self._limits.pending_seconds if num_up else self._limits.first_pending_seconds
        if waited >= patience and not self._has_told_pending:
            self._has_told_pending = True
            self.tally.tell(WorkersPending(num_up=num_up, num_asked=len(self._workers), offer=self._offer_text()))

    def _offer_text(self) -> str:
        return self._session.offer().sentence(self._size)


def _why_it_ended(error: Exception) -> str:
    text = str(error)
    if "node" in text and ("died" in text or "dead" in text) and "worker process has died" not in text:
        return "its node was lost"
    return "its process ended (killed, out of memory or crashed)"
