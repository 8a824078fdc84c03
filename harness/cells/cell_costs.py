"""What a cell costs, on a machine that does nothing else."""

from dataclasses import asdict

import torch

from harness.cells.cell_context import CellContext
from harness.cells.devices import device_name
from harness.cells.judging_costs import measure_judging
from harness.cells.machine_load import load_of_others, max_quiet_load
from harness.cells.opened_cell import open_cell
from harness.cells.peak_memory import PeakMemory
from harness.environment import host_name, now, num_cores, package_versions
from harness.phase_clock import FEATURES, FIT, phase
from harness.plan import Cell, canonical_json
from harness.records import CostRecord


def measure_costs(cell: Cell, context: CellContext) -> CostRecord:
    """Fit a cell again and measure its times, its memory and its size. Computes no metric.

    Args:
        cell: What to fit.
        context: Where data and weights are.

    Raises:
        FileNotFoundError: This machine lacks the data root or the manifest of the split.
        BenchError: The data changed since the plan, or a file is at fault; the text names it.
        Exception: Whatever a method raises.
    """
    load_before = load_of_others()
    opened = open_cell(cell, context)
    with PeakMemory(opened.device) as peak_memory:
        with phase(FIT) as fit:
            opened.method.fit(opened.train, lambda done, total, loss: None)
        judging = measure_judging(opened.method, opened.test, opened.device)
    load_after = load_of_others()
    return CostRecord(
        cell_id=cell.id,
        fit_seconds=fit.seconds_without(FEATURES),
        **asdict(judging),
        peak_memory_bytes=peak_memory.process_bytes,
        peak_device_memory_bytes=peak_memory.device_bytes,
        load_before=load_before,
        load_after=load_after,
        is_quiet=max(load_before, load_after) <= max_quiet_load(),
        num_cores=num_cores(),
        num_threads=torch.get_num_threads(),
        host=host_name(),
        device=device_name(opened.device),
        versions=canonical_json(package_versions()),
        measured_at=now(),
    )
