"""What handing out cells adds to the work itself, on two Ray actors of this machine.

40 cells that sleep one second, ideal 20 s; and 1,000 cells that do nothing. The clock runs from the start of
the first cell to the end of the last one; the start of the workers is shown beside it. Sleeping cells need
no core, so the ratio also holds on a busy machine, as long as messages get through.

    python benchmarks/fleet_overhead.py            # one run of each
    python benchmarks/fleet_overhead.py --runs 3   # and the medians
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from harness.cells.outcome import CellOutcome, CellProgress
from harness.config import RunSettings
from harness.config.protocol import Protocol
from harness.execution.executor import open_executor
from harness.execution.summary import RunSummary
from harness.plan import Cell

NUM_WORKERS = 2
NUM_LONG, LONG_SECONDS = 40, 1.0
NUM_EMPTY = 1000
MAX_RATIO = 1.03
MAX_EMPTY_MS = 20.0


@dataclass(frozen=True)
class Sleep:
    """A cell that takes a known time and writes nothing."""

    seconds: float

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Sleep."""
        time.sleep(self.seconds)
        return CellOutcome(cell_id=cell.id, status="ok", error=None, image_auroc=None, seconds=self.seconds)

    def give_up(self, cell: Cell, reason: str) -> None:
        """Nothing here can be lost."""
        raise AssertionError(f"{cell.label}: {reason}")

    def missing_here(self) -> tuple[str, ...]:
        """Needs nothing."""
        return ()

    def batch_size(self, cell: Cell) -> int:
        """Sleep cannot be divided."""
        return 1


def cells_of(number: int) -> list[Cell]:
    return [
        Cell(
            dataset="none", category=f"category_{index:04}", method="sleep", method_version=1, seed=0,
            settings_json="{}", protocol=Protocol(), data_fingerprint="", weights_sha256="", cost=1,
        )
        for index in range(number)
    ]  # fmt: skip


def run(number: int, seconds: float) -> RunSummary:
    with open_executor(RunSettings(workers=NUM_WORKERS)) as executor:
        summary = executor.run(cells_of(number), Sleep(seconds), lambda event: None)
    assert summary.num_ok == number, summary
    return summary


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1, help="whole runs of each; the median is judged (default: 1)")
    num_runs = parser.parse_args().runs
    table = Table(title=f"Two workers: {NUM_LONG} cells of {LONG_SECONDS:g} s, and {NUM_EMPTY} empty ones")
    for column in ("run", "start [s]", "work [s]", "ratio to ideal", "start, empty [s]", "per empty cell [ms]"):
        table.add_column(column, justify="right")
    ideal_seconds = NUM_LONG * LONG_SECONDS / NUM_WORKERS
    ratios: list[float] = []
    empty_ms: list[float] = []
    for number in range(1, num_runs + 1):
        long, empty = run(NUM_LONG, LONG_SECONDS), run(NUM_EMPTY, 0.0)
        ratios.append(long.work_seconds / ideal_seconds)
        empty_ms.append(1000 * empty.work_seconds / NUM_EMPTY)
        table.add_row(
            str(number), f"{long.start_seconds:.1f}", f"{long.work_seconds:.2f}", f"{ratios[-1]:.3f}",
            f"{empty.start_seconds:.1f}", f"{empty_ms[-1]:.2f}",
        )  # fmt: skip
    console = Console()
    console.print(table)
    ratio, milliseconds = statistics.median(ratios), statistics.median(empty_ms)
    console.print(f"median ratio {ratio:.3f}, limit {MAX_RATIO:.2f}")
    console.print(f"median per empty cell {milliseconds:.2f} ms, limit {MAX_EMPTY_MS:g} ms")
    return 0 if ratio <= MAX_RATIO and milliseconds <= MAX_EMPTY_MS else 1


if __name__ == "__main__":
    sys.exit(main())
