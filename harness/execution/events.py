"""What a run tells while it runs, and the small values that workers, queue and driver exchange.

Everything here crosses process borders, so it is plain data and imports neither Ray nor torch.
"""

from dataclasses import dataclass

from harness.cells.outcome import CellOutcome, CellProgress
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class WorkerId:
    """One life of one worker process: a replacement has the same rank and another token."""

    rank: int
    host: str
    pid: int
    token: str

    def __str__(self) -> str:
        return f"worker {self.rank} ({self.host}, process {self.pid})"


@dataclass(frozen=True, kw_only=True)
class WorkerJoined:
    """A worker process is up and asks for cells."""

    worker: WorkerId


@dataclass(frozen=True, kw_only=True)
class WorkerLost:
    """A worker process ended or fell silent; what it was running is tried again, or lost."""

    worker: WorkerId
    reason: str
    cell: Cell | None


@dataclass(frozen=True, kw_only=True)
class CellStarted:
    """A worker took a cell."""

    cell: Cell
    worker: WorkerId
    attempt: int
    """1 for the first try."""


@dataclass(frozen=True, kw_only=True)
class CellProgressed:
    """A running cell came further; only the newest of each cell is delivered."""

    cell: Cell
    worker: WorkerId
    progress: CellProgress


@dataclass(frozen=True, kw_only=True)
class CellFinished:
    """A cell's record, good or failed, is written."""

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


FleetEvent = WorkerJoined | WorkerLost | CellStarted | CellProgressed | CellFinished | CellLost
