"""How a run grows with its cells: memory and time of the driver, the plan, the progress display.

Cells are empty: a worker writes a small record of each into a store on this machine, and nothing else. The driver does
all that it does in a real run: it takes and releases claims, asks the store for the record of each cell, gathers packs,
and tells every event. Workers ask for a hundredth of a core each, so that many fit a machine that has few.
``CPU ms`` is the processor time of the driver for a cell, with the threads that renew claims and gather packs; other
work on the machine lengthens it less than the clock. With ``--workers 0`` the driver writes the records, too.

    python benchmarks/run_scale.py --cells 1000              # two workers
    python benchmarks/run_scale.py --cells 5000 --workers 16
    python benchmarks/run_scale.py --plan 10000              # only the plan, of a real method on the demo data
"""

import argparse
import contextlib
import io
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cells.outcome import CellOutcome, CellProgress
from harness.cli.progress import LiveNarrator
from harness.config import RunSettings, run_settings
from harness.config.protocol import Protocol
from harness.environment import now
from harness.execution.events import CellFinished, RunEvent
from harness.execution.executor import open_executor
from harness.jobs.cell_checks import check_cells
from harness.jobs.planned import Planned
from harness.jobs.planning import make_plan
from harness.jobs.run import CellsChecked, PlanMade
from harness.jobs.sharing import shared
from harness.phase_clock import PHASES
from harness.plan import Cell, RunPlan
from harness.records import CellRecord, Provenance
from harness.store import RecordStore

_ROW = "{:>8} {:>9} {:>12} {:>12} {:>15} {:>13} {:>10}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=int, default=500, help="cells of a row (default: 500)")
    parser.add_argument("--plan", type=int, metavar="CELLS", help="measure the plan of so many cells instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="run-scale-") as scratch:
        if arguments.plan:
            measure_plan(arguments.plan, Path(scratch))
        else:
            measure_run(arguments.cells, arguments.workers, arguments.every, Path(scratch))


def measure_plan(num_cells: int, folder: Path) -> None:
    settings = run_settings(
        datasets=["demo/board"], methods=["constant"], seeds=range(num_cells), protocol={"image_size_px": 32},
        workers=2, data=folder, results=str(folder / "results"),
    )  # fmt: skip
    small = settings.model_copy(update={"seeds": (0,)})
    check_cells(make_plan(small), small)  # generates the demo images, and loads what a plan needs
    started = time.perf_counter()
    planned = make_plan(settings)
    made = time.perf_counter()
    check_cells(planned, settings)
    checked = time.perf_counter()
    print(f"{len(planned.plan.cells)} cells: planned in {made - started:.2f} s, checked in {checked - made:.2f} s")


def measure_run(num_cells: int, num_workers: int, every: int, folder: Path) -> None:
    settings = RunSettings(workers=num_workers, cpus_per_worker=0.01, results=str(folder), data=folder)
    plan = RunPlan(cells=tuple(map(cell_of, range(num_cells))), skipped=())
    planned = Planned(plan=plan, datasets={"none": "none"}, settings_of={}, weights={}, split="published")
    store = RecordStore(settings.results)
    meter = Meter(num_cells, every)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        narrator = LiveNarrator()
    with shared(store, {}) as (turns, _), open_executor(settings) as executor:
        with contextlib.redirect_stdout(shown):
            narrator.on_event(PlanMade(planned=planned, settings=settings))
            narrator.on_event(CellsChecked())
        print(
            _ROW.format("cells", "RSS [MB]", "ms per cell", "CPU ms", "events [% time]", "draw [% time]", "claims [B]")
        )
        summary = executor.run(plan.cells, Empty(settings.results), meter.listener(narrator, shown, folder), turns)
    with contextlib.redirect_stdout(shown):
        narrator.close(summary)
    assert summary.num_ok == num_cells, summary
    print(
        f"{num_workers} workers: started in {summary.start_seconds:.1f} s, worked {summary.work_seconds:.1f} s; peak "
        f"of the driver {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    started = time.perf_counter()
    num_stored = len(RecordStore(settings.results).statuses())
    print(f"{num_stored} records: statuses read in {time.perf_counter() - started:.2f} s")


@dataclass(frozen=True)
class Empty:
    """Writes the record of a cell that does nothing."""

    results: str

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Write the record."""
        report(CellProgress(stage="fit", done=1, total=1))
        RecordStore(self.results).write(record_of(cell))
        seconds = dict.fromkeys(PHASES, 0.0)
        return CellOutcome(
            cell_id=cell.id, status="ok", error=None, image_auroc=0.5, seconds=0.0, phase_seconds=seconds
        )

    def give_up(self, cell: Cell, reason: str) -> None:
        """Nothing here can be lost."""
        raise AssertionError(f"{cell.label}: {reason}")

    def missing_here(self) -> tuple[str, ...]:
        """Needs nothing."""
        return ()

    def batch_size(self, cell: Cell) -> int:
        """An empty cell cannot be divided."""
        return 1


@dataclass
class Meter:
    """Prints a row whenever so many cells have finished."""

    num_cells: int
    every: int
    num_done: int = 0
    event_seconds: float = 0.0
    row_at: float = field(default_factory=time.perf_counter)
    row_cpu: float = field(default_factory=time.process_time)

    def listener(self, narrator: LiveNarrator, shown: io.StringIO, folder: Path) -> Callable[[RunEvent], None]:
        """What hears the events of the run and passes them on to the display."""

        def listen(event: RunEvent) -> None:
            started = time.perf_counter()
            with contextlib.redirect_stdout(shown):
                narrator.on_event(event)
            self.event_seconds += time.perf_counter() - started
            if isinstance(event, CellFinished):
                self.num_done += 1
                if self.num_done == 1:
                    self.begin_row()
                elif self.num_done % self.every == 0:
                    self.row(narrator, folder)
                    shown.seek(0)
                    shown.truncate()

        return listen

    def row(self, narrator: LiveNarrator, folder: Path) -> None:
        """Print what the last cells took."""
        ended, cpu = time.perf_counter(), time.process_time() - self.row_cpu
        narrator._picture()
        draw_share = 4 * (time.perf_counter() - ended)  # drawn four times a second
        seconds = ended - self.row_at
        claims = max((file.stat().st_size for file in (folder / "claims").iterdir()), default=0)
        print(
            _ROW.format(
                self.num_done, f"{rss_mb():.1f}", f"{1000 * seconds / self.every:.2f}",
                f"{1000 * cpu / self.every:.2f}", f"{100 * self.event_seconds / seconds:.1f}",
                f"{100 * draw_share:.2f}", claims,
            ),
            flush=True,
        )  # fmt: skip
        self.begin_row()

    def begin_row(self) -> None:
        """Measure from now on."""
        self.row_at, self.row_cpu, self.event_seconds = time.perf_counter(), time.process_time(), 0.0


def cell_of(number: int) -> Cell:
    return Cell(
        dataset="none", category=f"category_{number:07}", method="empty", method_version=1, seed=0,
        settings_json='{"a":1}', protocol=Protocol(), data_fingerprint="f" * 64, weights_sha256="", cost=1.0,
    )  # fmt: skip


def record_of(cell: Cell) -> CellRecord:
    provenance = Provenance(
        code_commit="", code_dirty=False, versions="{}", host="here", device="cpu", num_threads=1, command="",
        started_at=now(), finished_at=now(),
    )  # fmt: skip
    counts: dict[str, Any] = dict.fromkeys(("num_train", "num_test_normal", "num_test_defect", "num_left_out"), 0)
    times = dict.fromkeys(("fit_seconds", "feature_seconds", "score_seconds"), 0.0)
    return CellRecord(
        identity=cell.identity(), provenance=provenance, metrics={"image_auroc": 0.5}, overlap_curve=None, **counts,
        **times, image_height_px=1, image_width_px=1, num_parameters=0, num_frozen_parameters=0, maps_sha256="0" * 64,
        image_scores=(),
    )  # fmt: skip


def rss_mb() -> float:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
