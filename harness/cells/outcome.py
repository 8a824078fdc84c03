"""Progress and outcome of a cell: plain data that is sent between processes, without Ray and torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class CellProgress:
    """How far a running cell is."""

    stage: str
    """Present step in the words of a progress line, e.g. ``"fit"``."""
    done: int
    total: int
    loss: float | None = None
    warning: str | None = None
    """One line that a reader of the metrics should know; it is passed on with the outcome."""


def reports_fit(report: Callable[[CellProgress], None]) -> Callable[[int, int, float | None], None]:
    """What a method reports its steps to."""
    return lambda done, total, loss: report(CellProgress(stage="fit", done=done, total=total, loss=loss))


@dataclass(frozen=True, kw_only=True)
class CellOutcome:
    """How a cell ended whose record has been written."""

    cell_id: str
    status: Literal["ok", "failed"]
    error: str | None
    """One line; None when the status is ``ok``."""
    image_auroc: float | None
    seconds: float
    phase_seconds: Mapping[str, float] = field(default_factory=dict)
    """Phase to its share of ``seconds``; see ``harness.phase_clock.PHASES``."""
    warnings: tuple[str, ...] = ()
    """One line each."""


class CellWork(Protocol):
    """Runs one cell and writes its record; pickled once a worker.

    A cell that raises is an outcome with status ``failed``. An exception that leaves the call is trouble
    of the process (a full disk, a lost mount, a shared GPU without memory): the cell is tried again.
    """

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Run the cell, write its record, and say how it went.

        Where several processes train the cell together, each of them calls this, and rank 0 writes.
        """
        ...

    def give_up(self, cell: Cell, reason: str) -> None:
        """Write the failed record of a cell that no attempt finished; ``reason`` says why the last one ended."""
        ...

    def missing_here(self) -> tuple[str, ...]:
        """What the cells need and this machine lacks, a clause each; empty where it has everything."""
        ...

    def batch_size(self, cell: Cell) -> int:
        """Images of one training step, which several processes can share; 1 where they cannot."""
        ...
