"""What handing out adds to the work itself: 40 cells that sleep one second, on two workers.

Forked workers of this machine, then Ray Train workers. Ideal is 20 s. The clock runs from the start of the
first cell to the end of the last one; the start of the workers is shown beside it. Sleeping cells need
no core, so the ratio also holds on a busy machine, as long as messages get through.

    python benchmarks/fleet_overhead.py            # one run of each
    python benchmarks/fleet_overhead.py --runs 3   # and the medians
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.execution.fleet import run_fleet
from harness.execution.pool import run_pool
from rich.console import Console
from rich.table import Table

from harness.cells.outcome import CellOutcome, CellProgress
from harness.config.protocol import Protocol
from harness.execution.session import HERE
from harness.execution.summary import RunSummary
from harness.plan import Cell

NUM_CELLS = 40
NUM_WORKERS = 2
CELL_SECONDS = 1.0
IDEAL_SECONDS = NUM_CELLS * CELL_SECONDS / NUM_WORKERS
MAX_RATIO = 1.10


def sleep(cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
    started_at = time.perf_counter()
    time.sleep(CELL_SECONDS)
    seconds = time.perf_counter() - started_at
    return CellOutcome(cell_id=cell.id, status="ok", error=None, image_auroc=None, seconds=seconds)


def sleeping_cells() -> list[Cell]:
    return [
        Cell(
            dataset="none",
            category=f"category_{number:02}",
            method="sleep",
            method_version=1,
            seed=0,
            settings_json="{}",
            protocol=Protocol(),
            data_fingerprint="",
            weights_sha256="",
            cost=1,
        )
        for number in range(NUM_CELLS)
    ]


def run(under: str) -> RunSummary:
    with tempfile.TemporaryDirectory() as folder:
        start = run_pool if under == "pool" else partial(run_fleet, address=HERE, log_dir=Path(folder))
        return start(
            sleeping_cells(), sleep, lambda cell, reason: None, lambda event: None,
            workers=NUM_WORKERS, cpus_per_worker=1, gpus_per_worker=0,
        )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1, help="whole runs of each; the median is judged (default: 1)")
    num_runs = parser.parse_args().runs
    table = Table(title=f"{NUM_CELLS} cells of {CELL_SECONDS:g} s on {NUM_WORKERS} workers; ideal {IDEAL_SECONDS:g} s")
    for column in ("under", "run", "start [s]", "work [s]", "ratio", "overhead per cell [ms]"):
        table.add_column(column, justify="right")
    ratios: dict[str, list[float]] = {"pool": [], "Ray Train": []}
    for number in range(1, num_runs + 1):
        for under, found in ratios.items():
            summary = run(under)
            assert summary.num_ok == NUM_CELLS, summary
            found.append(summary.work_seconds / IDEAL_SECONDS)
            overhead_ms = 1000 * (summary.work_seconds - IDEAL_SECONDS) * NUM_WORKERS / NUM_CELLS
            table.add_row(
                under, str(number), f"{summary.start_seconds:.1f}", f"{summary.work_seconds:.2f}", f"{found[-1]:.3f}",
                f"{overhead_ms:.0f}",
            )  # fmt: skip
    console = Console()
    console.print(table)
    medians = {under: statistics.median(found) for under, found in ratios.items()}
    for under, median in medians.items():
        console.print(f"{under}: median ratio {median:.3f}, limit {MAX_RATIO:.2f}")
    return 0 if max(medians.values()) <= MAX_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
