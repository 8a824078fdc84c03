"""What a run tells while it runs, and the small values that workers, queue and driver exchange.

Everything here crosses process borders, so it is plain data and imports neither Ray nor torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

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
class CellProgress:
    """How far a running cell is."""

    stage: str
    """What the cell does now, in the words of a progress line, e.g. ``"fit"``."""
    done: int
    total: int
    loss: float | None = None
    warning: str | None = None
    """What a reader of the numbers should know, in one line; passed on with the outcome."""


@dataclass(frozen=True, kw_only=True)
class CellOutcome:
    """What a worker says about a cell whose record it has written."""

    cell_id: str
    status: Literal["ok", "failed"]
    error: str | None
    """One line; None when the status is ``ok``."""
    image_auroc: float | None
    seconds: float
    warnings: tuple[str, ...] = ()
    """One line each."""


class CellWork(Protocol):
    """Runs one cell and writes its record; pickled once a worker.

    A cell that raises is an outcome with status ``failed``. An exception that leaves the call is
    trouble of the process (a full disk, a lost mount): the cell is tried again, here or elsewhere.
    """

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Run the cell, write its record, and say how it went."""
        ...


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
