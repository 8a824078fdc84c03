"""The provenance of a cell, and the record of one that failed."""

import traceback as traceback_module

import torch

from harness.cells.cell_context import CellContext
from harness.cells.devices import device_name, resolve_device
from harness.environment import code_version, host_name, now, package_versions, without_credentials
from harness.errors import BenchError, printable
from harness.plan import Cell, canonical_json
from harness.records import FailureRecord, Provenance
from mfrnet import parallel


def failure_of(cell: Cell, context: CellContext, error: BaseException, started_at: str) -> FailureRecord:
    """The record of a cell that raised; its error is one line, with the type unless a user made the mistake."""
    text = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
    return FailureRecord(
        identity=cell.identity(),
        provenance=provenance(context, resolve_device(context.device), started_at),
        error=printable(without_credentials(" ".join(text.split()))),
        traceback=without_credentials("".join(traceback_module.format_exception(error))),
    )


def provenance(context: CellContext, device: str, started_at: str) -> Provenance:
    """Where, when and with what a record was made; the cell ends now."""
    commit, dirty = code_version()
    return Provenance(
        code_commit=commit,
        code_dirty=dirty,
        versions=canonical_json(package_versions()),
        host=host_name(),
        device=device_name(device),
        num_threads=torch.get_num_threads(),
        num_workers=context.num_workers,
        num_processes=parallel.world_size(),
        command=context.command,
        started_at=started_at,
        finished_at=now(),
    )
