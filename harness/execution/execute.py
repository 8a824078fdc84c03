"""Carrying out a plan: in this process, by workers of this machine, or by a fleet under Ray."""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from harness.config import RunSettings
from harness.environment import command_line, log_dir
from harness.errors import SettingsError
from harness.execution.cell_runner import CellRunner
from harness.execution.events import FleetEvent
from harness.execution.fleet import run_fleet
from harness.execution.forked import begin_imports
from harness.execution.gpus import capacity, num_gpus, shares
from harness.execution.local import run_local
from harness.execution.pool import run_pool
from harness.execution.run_cell import CellContext
from harness.execution.summary import FleetSummary
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class FleetSize:
    """How many workers, and what each of them has."""

    workers: int
    """0 is this process."""
    cpus_per_worker: float
    gpus_per_worker: float


def execute(
    cells: Sequence[Cell],
    settings: RunSettings,
    datasets: Mapping[str, str],
    weights: Mapping[str, Path],
    on_event: Callable[[FleetEvent], None],
) -> FleetSummary:
    """Run cells; each record is stored the moment it exists.

    Args:
        cells: In the order in which they are handed out.
        settings: Of the run.
        datasets: Data set to what ``find`` opens it by.
        weights: Backbone to local weights, absolute.
        on_event: Told of everything that happens.

    Raises:
        FleetError: No worker came up or was left.
        RunInterrupted: Ctrl-C; finished records are kept.
    """
    results = settings.results
    panels_dir = Path(results) / "panels" if "://" not in results else Path("panels").absolute()
    context = CellContext(
        data_root=settings.data,
        datasets=dict(datasets),
        split=settings.split,
        weights=dict(weights),
        device=settings.device,
        command=command_line(),
        panels_dir=panels_dir if settings.panels else None,
        num_panels=settings.panels,
        measures_costs=settings.costs,
    )
    runner = CellRunner(results=results, context=context)
    size = fleet_size(settings, len(cells))
    if size.workers == 0:
        import torch

        torch.set_num_threads(max(1, int(size.cpus_per_worker)))
        return run_local(cells, runner, on_event)
    run = run_pool if settings.address is None else partial(run_fleet, address=settings.address, log_dir=log_dir())
    return run(cells, runner, runner.give_up, on_event, **asdict(size))


def begin_workers(settings: RunSettings, module: str = "harness.execution.cell_runner") -> None:
    """Let what workers are forked from begin to import, if this machine's workers will be asked for.

    Args:
        settings: Of the run.
        module: Where the work of the workers is defined.
    """
    cores = os.cpu_count() or 1
    is_alone = settings.workers == 0 or (settings.workers is None and cores == 1)
    if settings.address is not None or is_alone:
        return
    backbones = {settings.backbone, *(values.get("backbone") for values in settings.overrides.values())}
    timm = () if "filter_bank" in backbones else ("timm",)
    begin_imports(("torch", module, *timm, *settings.methods))


def fleet_size(settings: RunSettings, num_cells: int) -> FleetSize:
    """Fill in what was not asked for.

    One worker a GPU, or as many as ``gpus_per_worker`` allows; without a GPU one worker a core, as
    small workers waste the least. A single worker on this machine is this process: it starts at once.
    """
    cores = os.cpu_count() or 1
    uses_gpus = settings.is_here and settings.device != "cpu" and settings.gpus_per_worker != 0
    gpus = num_gpus() if uses_gpus else 0
    workers = settings.workers
    if workers is None:
        wanted = capacity(gpus, settings.gpus_per_worker or 1) if gpus else cores / (settings.cpus_per_worker or 1)
        workers = min(num_cells, max(1, int(wanted)))
        if workers <= 1 and settings.address is None:
            workers = 0
    cpus = settings.cpus_per_worker or (max(1, cores // max(workers, 1)) if settings.is_here else 1)
    gpus_each = settings.gpus_per_worker
    if gpus_each is None:
        gpus_each = _share(gpus, workers) if gpus and workers else 0.0
    return FleetSize(workers=workers, cpus_per_worker=cpus, gpus_per_worker=gpus_each)


def check_size(size: FleetSize, settings: RunSettings) -> None:
    """Refuse workers that could not run a cell.

    Raises:
        SettingsError: There are too few GPUs, or the device is none that a worker has.
    """
    if size.workers == 0:
        if settings.address is not None:
            raise SettingsError("Without workers all runs in this process; right would be 1 or more, or no --address.")
        return
    if not settings.is_here:
        return
    shares(size.workers, size.gpus_per_worker)
    if settings.device.startswith("cuda") and not size.gpus_per_worker:
        raise SettingsError(f"--device {settings.device}, for workers without a GPU; right would be a share of one.")
    kind, _, number = settings.device.partition(":")
    if number:
        raise SettingsError(
            f"--device {settings.device}: a worker calls the first GPU that it is given {kind}; right would be "
            f"--device {kind} with CUDA_VISIBLE_DEVICES={number}, or no workers."
        )


def _share(gpus: int, workers: int) -> float:
    """Of a GPU, as large as all workers can have: a whole one, or hundredths, which Ray can hold to."""
    return 1.0 if workers <= gpus else max(0.01, math.floor(100 / math.ceil(workers / gpus)) / 100)
