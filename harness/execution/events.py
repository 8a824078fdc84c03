"""What a run tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.cells.outcome import CellOutcome, CellProgress
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class WorkerId:
    """One life of one worker process; its replacement has the same rank and another process."""

    rank: int
    host: str
    pid: int

    def __str__(self) -> str:
        return f"worker {self.rank} ({self.host}, process {self.pid})"


@dataclass(frozen=True, kw_only=True)
class WorkerJoined:
    """A worker process is up and takes cells."""

    worker: WorkerId


@dataclass(frozen=True, kw_only=True)
class WorkerLost:
    """A worker process ended; the cell that it was running is tried again, or lost."""

    worker: WorkerId
    reason: str
    cell: Cell | None


@dataclass(frozen=True, kw_only=True)
class WorkersPending:
    """Fewer workers are up than were asked for; the others start when the cluster has room for them."""

    num_up: int
    num_asked: int
    offer: str
    """What the cluster offers and what a worker asks for, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class CellStarted:
    """A worker took a cell."""

    cell: Cell
    worker: WorkerId
    attempt: int
    """1 for the first try."""


@dataclass(frozen=True, kw_only=True)
class CellProgressed:
    """A running cell came further."""

    cell: Cell
    worker: WorkerId
    progress: CellProgress


@dataclass(frozen=True, kw_only=True)
class CellFinished:
    """The record of a cell, good or failed, is written."""

    cell: Cell
    worker: WorkerId
    outcome: CellOutcome


@dataclass(frozen=True, kw_only=True)
class CellLost:
    """A cell used up its attempts without leaving a record of its own."""

    cell: Cell
    attempts: int
    reason: str
    """Why the last attempt ended; one line."""


@dataclass(frozen=True, kw_only=True)
class CellHeldElsewhere:
    """Another run on the same results has the cell in hand; this one comes back to it."""

    cell: Cell
    run: str
    """Which one, for people."""


@dataclass(frozen=True, kw_only=True)
class CellStoredElsewhere:
    """Another run on the same results has left the record of the cell, so this one does not run it."""

    cell: Cell


RunEvent = (
    WorkerJoined
    | WorkerLost
    | WorkersPending
    | CellStarted
    | CellProgressed
    | CellFinished
    | CellLost
    | CellHeldElsewhere
    | CellStoredElsewhere
)
RunListener = Callable[[RunEvent], None]
