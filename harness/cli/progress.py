"""What a run says while it runs: a live table on a terminal, lines on a pipe, JSON for programs."""

import json
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.cells.outcome import CellProgress
from harness.config import RunSettings
from harness.execution.events import (
    CellFinished,
    CellLost,
    CellProgressed,
    CellStarted,
    RunEvent,
    WorkerJoined,
    WorkerLost,
)
from harness.execution.summary import RunSummary
from harness.jobs.planning import Planned
from harness.plan import Cell, RunPlan


class Narrator:
    """Tells in plain lines what happens; the base of the other two."""

    @staticmethod
    def for_output(plan: RunPlan, *, as_json: bool) -> "Narrator":
        """The narrator that fits where stdout goes."""
        if as_json:
            return JsonNarrator(plan)
        return LiveNarrator(plan) if sys.stdout.isatty() else Narrator(plan)

    def __init__(self, plan: RunPlan) -> None:
        self.num_cells = len(plan.cells)
        self.num_skipped = len(plan.skipped)
        self.total_cost = sum(cell.cost for cell in plan.cells) or 1.0
        self.done: list[Cell] = []
        self.num_failed = 0
        self.running: dict[str, tuple[Cell, CellProgress | None]] = {}
        self.started = time.monotonic()
        self._labels = labels_of(plan.cells)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def announce(self, planned: Planned, settings: RunSettings) -> None:
        """Say what is going to happen."""
        names = ", ".join(planned.datasets)
        print(f"Data sets: {names}. {self.num_cells} cells to run, {self.num_skipped} skipped (already stored).")
        if "all" in settings.datasets and list(planned.datasets) == ["demo"]:
            print(f"No data set is installed in {settings.data}: 'all' is the built-in generated 'demo'.")

    def begin(self) -> None:
        """Say that everything was checked and work starts; the first worker takes its time."""
        print("Everything checked; starting ...", flush=True)

    def on_event(self, event: RunEvent) -> None:
        """Keep count, then tell."""
        match event:
            case CellStarted(cell=cell):
                self.running[cell.id] = (cell, None)
            case CellProgressed(cell=cell, progress=progress):
                self.running[cell.id] = (cell, progress)
            case CellFinished(cell=cell, outcome=outcome):
                self.running.pop(cell.id, None)
                self.done.append(cell)
                self.num_failed += outcome.status == "failed"
            case CellLost(cell=cell):
                self.running.pop(cell.id, None)
                self.done.append(cell)
                self.num_failed += 1
            case WorkerLost(cell=cell) if cell is not None:
                self.running.pop(cell.id, None)
        self.tell(event)

    def tell(self, event: RunEvent) -> None:
        """One line for what a reader of a log wants to know."""
        line = self.line_of(event)
        if line is not None:
            print(f"[{len(self.done)}/{self.num_cells}] {line}", flush=True)

    def line_of(self, event: RunEvent) -> str | None:
        """An event as one line, and one for each warning; None where a log is better off without."""
        label = self._labels.get(cell.id, "") if (cell := getattr(event, "cell", None)) else ""
        match event:
            case CellFinished(outcome=outcome) if outcome.status == "ok":
                told = f"{label}: image AUROC {outcome.image_auroc:.3f} ({_duration(outcome.seconds)})"
                return "\n".join([told, *(f"WARNING: {label}: {warning}" for warning in outcome.warnings)])
            case CellFinished(outcome=outcome):
                return f"{label}: FAILED: {outcome.error}"
            case CellLost(attempts=attempts, reason=reason):
                return f"{label}: LOST after {attempts} attempts: {reason}"
            case WorkerLost(worker=worker, reason=reason):
                return f"{worker} was lost ({reason}); its cell goes to another"
            case CellStarted(attempt=attempt):
                return f"{label}: started" + (f" (attempt {attempt})" if attempt > 1 else "")
            case WorkerJoined(worker=worker):
                return f"{worker} is up"
        return None

    def close(self, summary: RunSummary) -> None:
        """Say how it went."""
        print(
            f"{summary.num_ok} cells ok, {summary.num_failed} failed, in {summary.work_seconds:.0f} s"
            f" (and {summary.start_seconds:.0f} s to start workers)."
        )

    def seconds_left(self) -> float | None:
        """From the cost of what is done; None before the first cell ended."""
        done = sum(cell.cost for cell in self.done)
        done += sum(
            cell.cost * 0.9 * progress.done / max(progress.total, 1)
            for cell, progress in tuple(self.running.values())
            if progress is not None and progress.stage == "fit"
        )
        if done <= 0:
            return None
        return (time.monotonic() - self.started) * (self.total_cost - done) / done


class LiveNarrator(Narrator):
    """One line a running cell and a bar for the whole, redrawn in place."""

    def __init__(self, plan: RunPlan) -> None:
        super().__init__(plan)
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=4, get_renderable=self._picture, transient=True)

    def __enter__(self) -> Self:
        self.started = time.monotonic()
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def tell(self, event: RunEvent) -> None:
        """Only what should stay on the screen: cells that ended, workers that were lost."""
        if isinstance(event, CellFinished | CellLost | WorkerLost):
            self._console.print(self.line_of(event), highlight=False, markup=False)

    def _picture(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        # A copy: this runs in the thread that redraws.
        for cell, progress in tuple(self.running.values()):
            grid.add_row(Text(self._labels[cell.id], style="cyan"), _progress_text(progress))
        left = self.seconds_left()
        summary = Text(
            f"{len(self.done)} done, {len(self.running)} running, {self.num_failed} failed of {self.num_cells} cells"
            + (f", about {_duration(left)} left" if left is not None else ", starting workers")
        )
        return Group(grid, ProgressBar(total=self.num_cells, completed=len(self.done), width=60), summary)


class JsonNarrator(Narrator):
    """One JSON object a line."""

    def announce(self, planned: Planned, settings: RunSettings) -> None:
        """The plan's size."""
        self._emit("plan", datasets=list(planned.datasets), cells=self.num_cells, skipped=self.num_skipped)

    def begin(self) -> None:
        """Everything was checked."""
        self._emit("begin")

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
                fields |= {"seconds": round(outcome.seconds, 3), "warnings": outcome.warnings}
            case CellProgressed(progress=progress):
                fields |= {"stage": progress.stage, "done": progress.done, "total": progress.total}
                fields |= {"loss": progress.loss}
            case CellLost(reason=reason) | WorkerLost(reason=reason):
                fields["reason"] = reason
        self._emit(type(event).__name__, **fields)

    def close(self, summary: RunSummary) -> None:
        """The counts."""
        self._emit("summary", ok=summary.num_ok, failed=summary.num_failed, seconds=round(summary.work_seconds, 3))

    @staticmethod
    def _emit(event: str, **fields: Any) -> None:
        print(json.dumps({"event": event, **fields}), flush=True)


def labels_of(cells: Sequence[Cell]) -> dict[str, str]:
    """Cell id to what a line calls the cell: with the settings that tell it from others, where there are such."""
    alike: dict[str, list[Cell]] = {}
    for cell in cells:
        alike.setdefault(cell.label, []).append(cell)
    labels = {}
    for label, same in alike.items():
        settings = [json.loads(cell.settings_json) for cell in same]
        differing = [
            name for name in settings[0] if any(values.get(name) != settings[0][name] for values in settings[1:])
        ]
        for cell, values in zip(same, settings, strict=True):
            shown = ", ".join(f"{name}={values.get(name)}" for name in differing)
            labels[cell.id] = f"{label} ({shown})" if shown else label
    return labels


def _progress_text(progress: CellProgress | None) -> Text:
    if progress is None:
        return Text("reading", style="dim")
    loss = f", loss {progress.loss:.3f}" if progress.loss is not None else ""
    return Text(f"{progress.stage} {progress.done}/{progress.total}{loss}")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
