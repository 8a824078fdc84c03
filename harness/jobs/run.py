"""A run: plan, check, execute, and read what is stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RunSettings, run_settings
from harness.environment import command_line, now
from harness.jobs.cell_checks import check_cells
from harness.jobs.kept_models import check_keeping, keep_best_models, models_dir
from harness.jobs.planned import Planned, Variant
from harness.jobs.planning import check_names, make_plan
from harness.plan import Cell

if TYPE_CHECKING:
    import pandas as pd

    from harness.cells.cell_runner import CellRunner
    from harness.execution.events import RunEvent
    from harness.execution.executor import Executor
    from harness.execution.summary import RunSummary


@dataclass(frozen=True, kw_only=True)
class PlanMade:
    """It is known which cells run and which are skipped."""

    planned: Planned
    settings: RunSettings


@dataclass(frozen=True, kw_only=True)
class CellsChecked:
    """Every cell was checked; the first worker takes its time to start."""

    notes: tuple[str, ...] = ()
    """What a user should know about the workers, a sentence each."""


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    """All cells are finished or lost."""

    summary: "RunSummary"


Listener = Callable[["PlanMade | CellsChecked | RunEvent | RunEnded"], None]
"""Receives everything that happens in a job."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run came to."""

    cells: tuple[Cell, ...]
    """Every cell that was asked for, also those that were stored already."""
    planned: Planned
    summary: "RunSummary | None"
    """Counts and times; None if no cell had to run."""
    frame: "pd.DataFrame"
    """The stored records of these cells, one a row; its columns are those of ``RecordStore.frame``."""

    @property
    def num_failed(self) -> int:
        """Cells whose record is a failure, and those that failed now and kept an earlier record."""
        failed = set(self.frame.loc[self.frame["status"] == "failed", "cell_id"])
        if self.summary is not None:
            failed |= {outcome.cell_id for outcome in self.summary.outcomes if outcome.status == "failed"}
            failed |= {cell.id for cell in self.summary.lost}
        return len(failed)


def run(
    settings: RunSettings | Mapping[str, Any] | None = None, *, on_event: Listener | None = None, **fields: Any
) -> RunResult:
    """Fit and judge methods on every category; cells that are stored already are not run again.

    Args:
        settings: ``RunSettings`` or a mapping of its fields; None for the defaults.
        on_event: Called for everything that happens: the plan, and what its cells and workers do.
        **fields: Fields of ``RunSettings``, over those of ``settings``; ``suite`` names a suite below them.

    Returns:
        The records of all cells that were asked for.

    Raises:
        BenchError: A setting or the data are wrong; nothing was run.
        RunInterrupted: Ctrl-C; finished records are kept.

    >>> import tempfile, harness
    >>> done = harness.run(
    ...     datasets=["demo/board"], methods=["constant"], protocol={"image_size_px": 32},
    ...     workers=0, results=tempfile.mkdtemp(),
    ... )
    >>> done.frame[["category", "method", "image_auroc"]].to_dict("records")
    [{'category': 'board', 'method': 'constant', 'image_auroc': 0.5}]
    """
    return run_variants(run_settings(settings, **fields), None, on_event)


def run_variants(
    settings: RunSettings, variants: Sequence[Variant] | None, on_event: Listener | None = None
) -> RunResult:
    """Run what ``make_plan`` makes of these settings and variants; see ``run``."""
    # A wrong name is reported before torch and Ray are loaded; Ray then starts while the plan is made.
    check_names(settings)
    from harness.execution.executor import open_executor

    with open_executor(settings) as executor:
        return run_planned(make_plan(settings, variants), settings, executor, on_event)


def run_planned(
    planned: Planned, settings: RunSettings, executor: "Executor", on_event: Listener | None = None
) -> RunResult:
    """Check and execute a plan, and read the records of its cells.

    Args:
        planned: From ``make_plan``.
        settings: Of the run.
        executor: From ``open_executor``.
        on_event: Called for everything that happens.

    Raises:
        BenchError: A cell is bound to fail, or results cannot be written; nothing was run.
        RunInterrupted: Ctrl-C or SIGTERM; finished records are kept.
    """
    from harness.execution.sizing import size_notes, size_workers
    from harness.jobs.sharing import shared
    from harness.jobs.tracking import tracked
    from harness.store import RecordStore

    tell = on_event or (lambda event: None)
    store = RecordStore(settings.results)
    tell(PlanMade(planned=planned, settings=settings))
    summary = None
    if planned.plan.cells:
        check_keeping(planned.plan.cells, settings)
        check_cells(planned, settings)
        store.check_writable()
        size = size_workers(settings, len(planned.plan.cells))
        with shared(store, planned.stored) as (turns, notes), tracked(settings, store, tell) as listen:
            work = cell_runner(planned, settings, max(size.workers, 1), turns.claim)
            tell(CellsChecked(notes=(*size_notes(size, settings), *notes)))
            summary = executor.run(planned.plan.cells, work, listen, turns)
        tell(RunEnded(summary=summary))
    frame = store.frame()
    frame = frame[frame["cell_id"].isin([cell.id for cell in planned.cells])]
    if settings.keep_models == "best":
        keep_best_models(planned.cells, frame, settings)
    return RunResult(cells=planned.cells, planned=planned, summary=summary, frame=frame)


def cell_runner(planned: Planned, settings: RunSettings, num_workers: int, claim: str = "") -> "CellRunner":
    """What a worker does with each cell of a plan; ``num_workers`` of them run side by side, under a claim."""
    from harness.cells.cell_context import CellContext
    from harness.cells.cell_runner import CellRunner

    results = settings.results
    panels_dir = Path(results) / "panels" if "://" not in results else Path("panels").absolute()
    return CellRunner(
        results=results,
        claim=claim,
        context=CellContext(
            data_root=settings.data,
            datasets=dict(planned.datasets),
            split=settings.split,
            weights=dict(planned.weights),
            device=settings.device,
            command=command_line(),
            num_workers=num_workers,
            panels_dir=panels_dir if settings.panels else None,
            num_panels=settings.panels,
            models_dir=models_dir(settings),
            calibration_folds=settings.calibration_folds,
            false_alarms=settings.false_alarms,
            threshold_rule=settings.threshold_rule,
            share_trainings=True,
            fit_token=now() if settings.policy == "always" else "",
            skip_unreadable=settings.skip_unreadable,
        ),
    )
