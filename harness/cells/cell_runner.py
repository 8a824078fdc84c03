"""What a worker does with a cell: run it and write its record the moment it exists."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.cells.cell_context import CellContext
from harness.cells.outcome import CellOutcome, CellProgress
from harness.cells.record_making import failure_of
from harness.cells.run_cell import run_cell
from harness.environment import now
from harness.plan import Cell
from harness.store import RecordStore


@dataclass(frozen=True, kw_only=True)
class CellRunner:
    """Runs cells and stores their records; a cell that raises becomes a failed record."""

    results: str
    """URL or folder of the record store."""
    context: CellContext

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Run one cell.

        Raises:
            StoreError: The record cannot be written.
            OSError: Trouble of this process or node, say a full disk or a lost mount: no fault of the
                cell, which is tried again, here or elsewhere. An unreadable image is a ``DataError``.
            RuntimeError: A CUDA error, likewise.
        """
        started_at, clock = now(), time.perf_counter()
        warnings: list[str] = []

        def pass_on(progress: CellProgress) -> None:
            if progress.warning is not None:
                warnings.append(progress.warning)
            report(progress)

        try:
            record = run_cell(cell, self.context, pass_on)
        except Exception as error:
            if isinstance(error, OSError) or "CUDA error" in str(error):
                raise
            failure = failure_of(cell, self.context, error, started_at)
            RecordStore(self.results).write(failure)
            return CellOutcome(
                cell_id=cell.id,
                status="failed",
                error=failure.error,
                image_auroc=None,
                seconds=time.perf_counter() - clock,
            )
        RecordStore(self.results).write(record)
        return CellOutcome(
            cell_id=cell.id,
            status="ok",
            error=None,
            image_auroc=record.metrics["image_auroc"],
            seconds=time.perf_counter() - clock,
            warnings=tuple(warnings),
        )

    def give_up(self, cell: Cell, reason: str) -> None:
        """Store the failure of a cell that ended its worker process too often, unless it has a good record."""
        store = RecordStore(self.results)
        if store.statuses().get(cell.id) != "ok":
            store.write(failure_of(cell, self.context, RuntimeError(reason), now()))
