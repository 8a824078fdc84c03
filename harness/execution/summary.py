"""What a run came to, counted from its events; and the two ways in which it can end early."""

from dataclasses import dataclass

from harness.cells.outcome import CellOutcome
from harness.errors import BenchError
from harness.execution.events import CellFinished, CellLost, FleetEvent, WorkerLost
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class FleetSummary:
    """Counts and times of one run."""

    num_cells: int
    outcomes: tuple[CellOutcome, ...]
    """In the order in which the cells finished."""
    lost: tuple[Cell, ...]
    """Cells that used up their attempts."""
    num_lost_workers: int
    start_seconds: float
    """From the call until the first cell started."""
    work_seconds: float
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
    def num_open(self) -> int:
        """Cells that this run left undone; 0 unless it was interrupted."""
        return self.num_cells - len(self.outcomes) - len(self.lost)


class Tally:
    """Adds up events into a summary."""

    def __init__(self, num_cells: int) -> None:
        self._num_cells = num_cells
        self._outcomes: list[CellOutcome] = []
        self._lost: list[Cell] = []
        self._num_lost_workers = 0

    def add(self, event: FleetEvent) -> None:
        """Count one event."""
        match event:
            case CellFinished(outcome=outcome):
                self._outcomes.append(outcome)
            case CellLost(cell=cell):
                self._lost.append(cell)
            case WorkerLost():
                self._num_lost_workers += 1

    def summary(self, *, start_seconds: float, work_seconds: float) -> FleetSummary:
        """The counts so far."""
        return FleetSummary(
            num_cells=self._num_cells,
            outcomes=tuple(self._outcomes),
            lost=tuple(self._lost),
            num_lost_workers=self._num_lost_workers,
            start_seconds=start_seconds,
            work_seconds=work_seconds,
        )


class FleetError(BenchError):
    """Raised when a run cannot go on: no worker came up, all were lost, or the cluster went away."""


class RunInterrupted(Exception):  # noqa: N818 - not an error: the user asked for it
    """Raised after Ctrl-C, once everything has stopped; finished records are kept."""

    def __init__(self, summary: FleetSummary) -> None:
        self.summary = summary
        finished = summary.num_cells - summary.num_open
        super().__init__(
            f"Interrupted: {finished} of {summary.num_cells} cells are stored. The same command goes on with the rest."
        )
