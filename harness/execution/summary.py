"""What a run came to, counted from its events; and the two ways in which it can end early."""

import time
from collections import defaultdict
from dataclasses import dataclass

from harness.cells.outcome import CellOutcome
from harness.errors import BenchError
from harness.execution.events import (
    CellFinished,
    CellLost,
    CellStarted,
    CellStoredElsewhere,
    RunEvent,
    RunListener,
    WorkerLost,
)
from harness.phrasing import counted
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """Counts and times of one run."""

    num_cells: int
    outcomes: tuple[CellOutcome, ...] = ()
    """In the order in which the cells finished."""
    lost: tuple[Cell, ...] = ()
    """Cells that used up their attempts."""
    num_elsewhere: int = 0
    """Cells that another run on the same results has stored meanwhile."""
    num_lost_workers: int = 0
    start_seconds: float = 0.0
    """From the call until the first cell started."""
    work_seconds: float = 0.0
    """From the start of the first cell to the end of the last one."""

    @property
    def num_ok(self) -> int:
        """Cells with a good record."""
        return sum(outcome.status == "ok" for outcome in self.outcomes)

    @property
    def num_failed(self) -> int:
        """Cells with a failed record, lost ones included."""
        return sum(outcome.status == "failed" for outcome in self.outcomes) + len(self.lost)

    @property
    def phase_seconds(self) -> dict[str, float]:
        """Phase to its seconds in all finished cells; see ``CellOutcome``."""
        total: defaultdict[str, float] = defaultdict(float)
        for outcome in self.outcomes:
            for phase, seconds in outcome.phase_seconds.items():
                total[phase] += seconds
        return dict(total)

    @property
    def num_open(self) -> int:
        """Cells that this run left undone; 0 unless it was interrupted."""
        return self.num_cells - len(self.outcomes) - len(self.lost) - self.num_elsewhere


class Tally:
    """Passes events on, and adds them up into a summary that is right at any moment."""

    def __init__(self, num_cells: int, on_event: RunListener) -> None:
        self._num_cells = num_cells
        self._on_event = on_event
        self._outcomes: list[CellOutcome] = []
        self._lost: list[Cell] = []
        self._num_elsewhere = 0
        self._num_lost_workers = 0
        self._called_at = time.monotonic()
        self._started_at: float | None = None
        self._ended_at = self._called_at

    def tell(self, event: RunEvent) -> None:
        """Count an event and pass it on."""
        match event:
            case CellStarted() if self._started_at is None:
                self._started_at = time.monotonic()
            case CellFinished(outcome=outcome):
                self._outcomes.append(outcome)
                self._ended_at = time.monotonic()
            case CellLost(cell=cell):
                self._lost.append(cell)
                self._ended_at = time.monotonic()
            case CellStoredElsewhere():
                self._num_elsewhere += 1
            case WorkerLost():
                self._num_lost_workers += 1
        self._on_event(event)

    def summary(self) -> RunSummary:
        """The counts so far."""
        started_at = self._started_at or self._called_at
        return RunSummary(
            num_cells=self._num_cells,
            outcomes=tuple(self._outcomes),
            lost=tuple(self._lost),
            num_elsewhere=self._num_elsewhere,
            num_lost_workers=self._num_lost_workers,
            start_seconds=started_at - self._called_at,
            work_seconds=max(0.0, self._ended_at - started_at),
        )


class ExecutionError(BenchError):
    """Raised when a run cannot go on: no worker came up, all were lost, or the cluster went away."""


class RunInterrupted(Exception):  # noqa: N818 - not an error: the user asked for it
    """Raised after Ctrl-C or SIGTERM, once everything has stopped; finished records are kept."""

    def __init__(self, summary: RunSummary) -> None:
        self.summary = summary
        finished = summary.num_cells - summary.num_open
        super().__init__(
            f"Interrupted: {finished} of {counted(summary.num_cells, 'cell')} are stored. "
            "The same command goes on with the rest."
        )
