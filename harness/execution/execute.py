"""Carrying out a plan: in this process, by workers of this machine, or by a fleet under Ray."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

from harness.cells.cell_runner import CellRunner
from harness.config import RunSettings
from harness.environment import log_dir, num_cores
from harness.execution.events import FleetEvent
from harness.execution.fleet import run_fleet
from harness.execution.forked import begin_imports
from harness.execution.in_process import run_local
from harness.execution.pool import run_pool
from harness.execution.sizing import size_workers
from harness.execution.summary import FleetSummary
from harness.plan import Cell


def execute(
    cells: Sequence[Cell],
    settings: RunSettings,
    runner: CellRunner,
    on_event: Callable[[FleetEvent], None],
) -> FleetSummary:
    """Run cells; each record is stored the moment it exists.

    Args:
        cells: In the order in which they are handed out.
        settings: Of the run.
        runner: Runs a cell and stores its record.
        on_event: Told of everything that happens.

    Raises:
        FleetError: No worker came up or was left.
        RunInterrupted: Ctrl-C; finished records are kept.
    """
    size = size_workers(settings, len(cells))
    if size.workers == 0:
        import torch

        torch.set_num_threads(max(1, int(size.cpus_per_worker)))
        return run_local(cells, runner, on_event)
    run = run_pool if settings.address is None else partial(run_fleet, address=settings.address, log_dir=log_dir())
    return run(cells, runner, runner.give_up, on_event, **asdict(size))


def begin_workers(settings: RunSettings, module: str = "harness.cells.cell_runner") -> None:
    """Let what workers are forked from begin to import, if this machine's workers will be asked for.

    Args:
        settings: Of the run.
        module: Where the work of the workers is defined.
    """
    cores = num_cores()
    is_alone = settings.workers == 0 or (settings.workers is None and cores == 1)
    if settings.address is not None or is_alone:
        return
    backbones = {settings.backbone, *(values.get("backbone") for values in settings.overrides.values())}
    timm = () if "filter_bank" in backbones else ("timm",)
    begin_imports(("torch", module, *timm, *settings.methods))
