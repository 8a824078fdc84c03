"""What a run says while it runs: a live table on a terminal, lines on a pipe, JSON for programs."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.cells.outcome import CellProgress
from harness.cli.cell_labels import labels_of
from harness.config import RunSettings
from harness.execution.events import (
    CellFinished,
    CellHeldElsewhere,
    CellLost,
    CellProgressed,
    CellStarted,
    CellStoredElsewhere,
    RunEvent,
    WorkerJoined,
    WorkerLost,
    WorkersPending,
)
from harness.execution.summary import RunSummary
from harness.jobs.planned import Planned
from harness.jobs.run import CellsChecked, PlanMade, RunEnded
from harness.phrasing import counted, duration_text
from harness.plan import Cell, RunPlan

JobEvent = PlanMade | CellsChecked | RunEnded | RunEvent

QUIET_SECONDS = 30.0
"""A log gets a line at least this often while a cell runs."""
_MAX_SHOWN = 3
"""Running cells that such a line names."""


class Narrator:
    """Tells in plain lines what happens; the base of the other two."""

    @staticmethod
    def for_output(*, as_json: bool) -> "Narrator":
        """The narrator that fits where stdout goes."""
        if as_json:
            return JsonNarrator()
        return LiveNarrator() if sys.stdout.isatty() else LineNarrator()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.plan: RunPlan | None = None
        self.num_done = 0
        self.num_failed = 0
        self.running: dict[str, tuple[Cell, CellProgress | None]] = {}
        self.elsewhere: dict[str, str] = {}
        """Cells that other runs hold, and which run."""
        self.started = clock()
        self._cost = self._cost_done = 0.0
        self._labels: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    @property
    def num_cells(self) -> int:
        """Cells to run; 0 before the plan is made."""
        return len(self.plan.cells) if self.plan else 0

    def on_event(self, event: JobEvent) -> None:
        """Keep count, then tell."""
        match event:
            case PlanMade(planned=planned, settings=settings):
                self.plan = planned.plan
                self._cost = sum(cell.cost for cell in planned.plan.cells)
                self._labels = labels_of(planned.plan.cells)
                return self.announce(planned, settings)
            case CellsChecked(notes=notes):
                self.started = self.clock()
                return self.begin(notes)
            case RunEnded(summary=summary):
                return self.close(summary)
            case CellStarted(cell=cell):
                self.elsewhere.pop(cell.id, None)
                self.running[cell.id] = (cell, None)
            case CellHeldElsewhere(cell=cell, run=run):
                self.elsewhere[cell.id] = run
            case CellStoredElsewhere(cell=cell):
                self.elsewhere.pop(cell.id, None)
                self._end(cell)
            case CellProgressed(cell=cell, progress=progress):
                self.running[cell.id] = (cell, progress)
            case CellFinished(cell=cell) | CellLost(cell=cell):
                self.running.pop(cell.id, None)
                self._end(cell)
                self.num_failed += isinstance(event, CellLost) or event.outcome.status == "failed"
            case WorkerLost(cell=cell) if cell is not None:
                self.running.pop(cell.id, None)
        return self.tell(event)

    def _end(self, cell: Cell) -> None:
        self.num_done += 1
        self._cost_done += cell.cost

    def announce(self, planned: Planned, settings: RunSettings) -> None:
        """Say what is going to happen."""
        for note in settings.notes:
            print(f"Note: {note}")
        print(
            f"Data sets: {', '.join(planned.datasets)}. {counted(self.num_cells, 'cell')} to run, "
            f"{len(planned.plan.skipped)} skipped (already stored).",
            flush=True,
        )
        if "all" in settings.datasets and list(planned.datasets) == ["demo"]:
            print(f"No data set is installed in {settings.data}: 'all' is the built-in generated 'demo'.")

    def begin(self, notes: Sequence[str]) -> None:
        """Say that everything was checked and that workers start, which takes a while."""
        for note in notes:
            print(f"Note: {note}")
        print("Everything checked; starting ...", flush=True)

    def tell(self, event: RunEvent) -> None:
        """One line for an event that a reader of a log wants to know."""
        line = self.line_of(event)
        if line is not None:
            print(f"[{self.num_done}/{self.num_cells}] {line}", flush=True)

    def line_of(self, event: RunEvent) -> str | None:
        """An event as one line, and one for each warning; None for events that a log does not need."""
        label = self._labels.get(cell.id, "") if (cell := getattr(event, "cell", None)) else ""
        match event:
            case CellFinished(outcome=outcome) if outcome.status == "ok":
                told = f"{label}: image AUROC {outcome.image_auroc:.3f} ({duration_text(outcome.seconds)})"
                return "\n".join([told, *(f"WARNING: {label}: {warning}" for warning in outcome.warnings)])
            case CellFinished(outcome=outcome):
                return f"{label}: FAILED: {outcome.error}"
            case CellLost(attempts=attempts, reason=reason):
                return f"{label}: LOST after {counted(attempts, 'attempt')}: {reason}"
            case WorkerLost(worker=worker, reason=reason):
                return f"{worker} was lost ({reason}); its cell goes to another worker"
            case CellStarted(attempt=attempt):
                return f"{label}: started" + (f" (attempt {attempt})" if attempt > 1 else "")
            case CellHeldElsewhere(run=run):
                return f"{label}: another run has it in hand ({run})"
            case CellStoredElsewhere():
                return f"{label}: stored by another run"
            case WorkerJoined(worker=worker):
                return f"{worker} is up"
            case WorkersPending(num_up=num_up, num_asked=num_asked, offer=offer):
                return f"{num_up} of {counted(num_asked, 'worker')} are up; others join as there is room: {offer}"
        return None

    def close(self, summary: RunSummary) -> None:
        """Say how it went."""
        elsewhere = f", {summary.num_elsewhere} stored by another run" if summary.num_elsewhere else ""
        print(
            f"{counted(summary.num_ok, 'cell')} ok, {summary.num_failed} failed{elsewhere}, in "
            f"{duration_text(summary.work_seconds)} (and {duration_text(summary.start_seconds)} to start workers)."
        )

    def interruption(self, how: str) -> str:
        """What Ctrl-C leaves, and how to go on, in one line."""
        if self.plan is None:
            return "Interrupted before the plan was made. Nothing was run."
        if not self.plan.cells:
            return "Interrupted. All cells were stored already."
        stored = f"Interrupted: {self.num_done} of {counted(self.num_cells, 'cell')} stored."
        return stored if self.num_done == self.num_cells else f"{stored} {how}"

    def elsewhere_text(self) -> str:
        """What other runs hold, e.g. ``, 2 in hand of process 4711 on bench-2``; empty if nothing."""
        runs = Counter(tuple(self.elsewhere.values()))
        return "".join(f", {number} in hand of {run}" for run, number in sorted(runs.items()))

    def seconds_left(self) -> float | None:
        """From the cost of the finished cells; None before the first progress."""
        done = self._cost_done + sum(
            cell.cost * 0.9 * progress.done / max(progress.total, 1)
            for cell, progress in tuple(self.running.values())
            if progress is not None and progress.stage == "fit"
        )
        if done <= 0 or self.plan is None:
            return None
        return (self.clock() - self.started) * (self._cost - done) / done


class LineNarrator(Narrator):
    """Plain lines, and one for the running cells whenever nothing was printed for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._told_at = clock()
        self._ended = threading.Event()
        # A thread, because a cell may send no event for minutes, and in this process nothing else runs then.
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def tell(self, event: RunEvent) -> None:
        """See ``Narrator.tell``."""
        if self.line_of(event) is None:
            self.tell_if_quiet()
        else:
            self._told_at = self.clock()
            super().tell(event)

    def tell_if_quiet(self) -> None:
        """Say how far the running cells are, if the last line is ``QUIET_SECONDS`` old."""
        running = tuple(self.running.values())
        if not (running or self.elsewhere) or self.clock() - self._told_at < QUIET_SECONDS:
            return
        self._told_at = self.clock()
        shown = "; ".join(
            f"{self._labels[cell.id]}: {progress_text(progress)}" for cell, progress in running[:_MAX_SHOWN]
        )
        shown = shown or "waiting"
        more = f"; and {len(running) - _MAX_SHOWN} more" if len(running) > _MAX_SHOWN else ""
        left = self.seconds_left()
        time_left = f" (about {duration_text(left)} left)" if left is not None else ""
        print(f"[{self.num_done}/{self.num_cells}] {shown}{more}{self.elsewhere_text()}{time_left}", flush=True)

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            self.tell_if_quiet()


class LiveNarrator(Narrator):
    """One line a running cell and a bar for the whole, redrawn in place."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=4, get_renderable=self._picture, transient=True)

    def begin(self, notes: Sequence[str]) -> None:
        """Print the notes, then start to draw."""
        for note in notes:
            self._console.print(f"Note: {note}", highlight=False, markup=False)
        self._live.start()

    def close(self, summary: RunSummary) -> None:
        """Stop drawing, and say how it went."""
        self._live.stop()
        super().close(summary)

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def tell(self, event: RunEvent) -> None:
        """Only lines that stay on the screen: cells that ended, workers that were lost or are missing."""
        if isinstance(event, CellFinished | CellLost | CellStoredElsewhere | WorkerLost | WorkersPending):
            self._console.print(self.line_of(event), highlight=False, markup=False)

    def _picture(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        # A copy: this runs in the thread that redraws.
        for cell, progress in tuple(self.running.values()):
            style = "dim" if progress is None else ""
            grid.add_row(Text(self._labels[cell.id], style="cyan"), Text(progress_text(progress), style=style))
        left = self.seconds_left()
        summary = Text(
            f"{self.num_done} done, {len(self.running)} running, {self.num_failed} failed of "
            + counted(self.num_cells, "cell")
            + self.elsewhere_text()
            + (f", about {duration_text(left)} left" if left is not None else ", starting workers")
        )
        return Group(grid, ProgressBar(total=self.num_cells, completed=self.num_done, width=60), summary)


class JsonNarrator(Narrator):
    """One JSON object a line."""

    def announce(self, planned: Planned, settings: RunSettings) -> None:
        """The plan's size."""
        self._emit("plan", datasets=list(planned.datasets), cells=self.num_cells, skipped=len(planned.plan.skipped))

    def begin(self, notes: Sequence[str]) -> None:
        """Everything was checked."""
        self._emit("begin", notes=list(notes))

    def tell(self, event: RunEvent) -> None:
        """The event, its cell by name."""
        fields: dict[str, Any] = {}
        cell = getattr(event, "cell", None)
        if cell is not None:
            fields |= {"cell_id": cell.id, "dataset": cell.dataset, "category": cell.category}
            fields |= {"method": cell.method, "seed": cell.seed}
        match event:
            case CellFinished(outcome=outcome):
                fields |= {"status": outcome.status, "error": outcome.error, "image_auroc": outcome.image_auroc}
                fields |= {"seconds": round(outcome.seconds, 3), "phase_seconds": _rounded(outcome.phase_seconds)}
                fields["warnings"] = outcome.warnings
            case CellProgressed(progress=progress):
                fields |= {"stage": progress.stage, "done": progress.done, "total": progress.total}
                fields |= {"loss": progress.loss}
            case CellLost(reason=reason) | WorkerLost(reason=reason):
                fields["reason"] = reason
            case CellHeldElsewhere(run=run):
                fields["run"] = run
            case WorkersPending(num_up=num_up, num_asked=num_asked, offer=offer):
                fields |= {"up": num_up, "asked": num_asked, "offer": offer}
        self._emit(type(event).__name__, **fields)

    def close(self, summary: RunSummary) -> None:
        """The counts."""
        counts = {"ok": summary.num_ok, "failed": summary.num_failed}
        phase_seconds = _rounded(summary.phase_seconds)
        self._emit("summary", **counts, seconds=round(summary.work_seconds, 3), phase_seconds=phase_seconds)

    @staticmethod
    def _emit(event: str, **fields: Any) -> None:
        print(json.dumps({"event": event, **fields}), flush=True)


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {phase: round(value, 3) for phase, value in seconds.items()}


def progress_text(progress: CellProgress | None) -> str:
    """How far a cell is, e.g. ``fit 120/400, loss 0.031``."""
    if progress is None:
        return "reading"
    loss = f", loss {progress.loss:.3f}" if progress.loss is not None else ""
    return f"{progress.stage} {progress.done}/{progress.total}{loss}"
