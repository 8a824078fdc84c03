"""What a worker does with a cell: run it and write its record the moment it exists."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.cells.cell_context import CellContext
from harness.cells.opened_cell import open_cell
from harness.cells.outcome import CellOutcome, CellProgress
from harness.cells.record_making import failure_of
from harness.cells.run_cell import run_cell
from harness.config import build_settings
from harness.datasets.finding import find
from harness.datasets.splits import is_manifest
from harness.environment import now, without_credentials
from harness.errors import BenchError, StoreError
from harness.methods import METHODS
from harness.phase_clock import REST, STORE, phase
from harness.plan import Cell
from harness.records import CellRecord, FailureRecord
from harness.store import RecordStore
from mfrnet import parallel


@dataclass(frozen=True, kw_only=True)
class CellRunner:
    """Runs cells and stores their records; a cell that raises becomes a failed record."""

    results: str
    """URL or folder of the record store."""
    context: CellContext
    claim: str = ""
    """Name of the run's claim in the store, by which another machine knows that it sees the same store; empty where
    the run has none."""

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Run one cell. Of several processes that train it together, rank 0 alone writes the record.

        Raises:
            StoreError: The record cannot be written.
            OSError: Trouble of this process or node, such as a full disk or a lost mount. It is no fault of
                the cell, which is tried again, here or elsewhere. An unreadable image is a ``DataError``.
            RuntimeError: Likewise a CUDA error, or too little memory on a GPU that others use too.
        """
        started_at = now()
        warnings: list[str] = []

        def pass_on(progress: CellProgress) -> None:
            if progress.warning is not None:
                warnings.append(progress.warning)
            report(progress)

        record: CellRecord | FailureRecord
        with phase(REST) as span:
            try:
                record = run_cell(cell, self.context, pass_on)
            except Exception as error:
                if _is_of_the_process(error):
                    raise
                record = failure_of(cell, self.context, error, started_at)
            with phase(STORE):
                is_kept = self._write(record)
        error_text = record.error if isinstance(record, FailureRecord) else None
        if error_text is not None and not is_kept:
            error_text += " (the earlier record stays)"
        return CellOutcome(
            cell_id=cell.id,
            status="ok" if error_text is None else "failed",
            error=error_text,
            image_auroc=record.metrics["image_auroc"] if isinstance(record, CellRecord) else None,
            seconds=span.seconds,
            phase_seconds=dict(span.seconds_of),
            warnings=tuple(warnings),
        )

    def missing_here(self) -> tuple[str, ...]:
        """Data sets, split, weights and results of the run that this machine does not have."""
        found: list[str] = []
        root = self.context.data_root
        for name, reference in self.context.datasets.items():
            try:
                find(reference, root)
            except BenchError:
                found.append(f"there is no data set {name!r} in {root if reference == name else reference}")
        files = [path for path in self.context.weights.values() if not path.is_file()]
        if is_manifest(self.context.split) and not Path(self.context.split).is_file():
            files.append(Path(self.context.split))
        found += [f"there is no file {path}" for path in files]
        try:
            if self.claim and not RecordStore(self.results).has_claim(self.claim):
                found.append(f"the results folder {without_credentials(self.results)} is another one there")
        except StoreError as error:
            found.append(f"the results cannot be read ({str(error).rstrip('.')})")
        return tuple(found)

    def batch_size(self, cell: Cell) -> int:
        """Images of one training step, which several processes can share; see ``Method.global_batch_size``."""
        kind = METHODS.get(cell.method)
        settings = build_settings(cell.method, kind.Settings, json.loads(cell.settings_json))
        return kind.global_batch_size(settings, open_cell(cell, self.context).train.size_px)

    def _write(self, record: CellRecord | FailureRecord) -> bool:
        """Store a record, unless it is a failure and the cell has a good one: that is as true as before."""
        if parallel.rank() != 0:
            return True
        store = RecordStore(self.results)
        if isinstance(record, FailureRecord) and store.statuses().get(record.identity.cell_id) == "ok":
            return False
        store.write(record)
        return True

    def give_up(self, cell: Cell, reason: str) -> None:
        """Store the failure of a cell that ended its worker process too often, unless it has a good record."""
        self._write(failure_of(cell, self.context, RuntimeError(reason), now()))


def _is_of_the_process(error: Exception) -> bool:
    import torch

    return isinstance(error, OSError | torch.OutOfMemoryError) or "CUDA error" in str(error)
