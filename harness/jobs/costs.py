"""Measuring the costs of stored cells, one at a time in this process."""

from collections.abc import Callable, Sequence

from harness.cells.cell_context import CellContext
from harness.cells.cell_costs import measure_costs
from harness.cells.devices import check_device
from harness.config import RunSettings
from harness.environment import num_cores, without_credentials
from harness.errors import BenchError, StoreError, cause_of
from harness.jobs.planning import make_plan
from harness.phrasing import counted
from harness.plan import Cell
from harness.records import CostRecord
from harness.store import RecordStore
from harness.torch_threads import torch_threads


def costs(settings: RunSettings, on_cell: Callable[[Cell, CostRecord | str], None]) -> int:
    """Measure the costs of the cells that these settings describe and that have a finished record.

    Each cell is fitted again, with all cores of the process, while nothing else of this program runs. Cells whose
    costs were measured on a quiet machine are skipped, unless the policy is ``always``. Each result is stored
    the moment it exists; those of a busy machine are stored too, and marked.

    Args:
        settings: As for a run; what concerns workers is not used.
        on_cell: Called after each cell, with its costs or with one line that says why there are none.

    Returns:
        Number of cells that were tried.

    Raises:
        BenchError: A name, a setting or a weights file is wrong, or no cell has a finished record.
    """
    check_device(settings.device)
    store = RecordStore(settings.results)
    store.check_writable()
    planned = make_plan(settings)
    statuses, measured = store.statuses(), store.costs()
    finished = [cell for cell in planned.cells if statuses.get(cell.id) == "ok"]
    if not finished:
        raise StoreError(
            f"{without_credentials(settings.results)} has no finished record of the "
            f"{counted(len(planned.cells), 'cell')} asked for; "
            "expected those of an earlier 'bench run' with the same data sets, methods, seeds and settings."
        )
    context = CellContext(
        data_root=settings.data,
        datasets=planned.datasets,
        split=settings.split,
        weights=planned.weights,
        device=settings.device,
        skip_unreadable=settings.skip_unreadable,
    )
    missing = [
        cell
        for cell in finished
        if settings.policy == "always" or cell.id not in measured or not measured[cell.id].is_quiet
    ]
    with torch_threads(num_cores()):
        return _measure(missing, context, store, on_cell)


def _measure(
    cells: Sequence[Cell], context: CellContext, store: RecordStore, on_cell: Callable[[Cell, CostRecord | str], None]
) -> int:
    for cell in cells:
        try:
            found = measure_costs(cell, context)
        except Exception as error:
            if isinstance(error, OSError) or "CUDA error" in str(error):
                raise
            on_cell(cell, str(error) if isinstance(error, BenchError) else cause_of(error))
            continue
        store.write_costs(found)
        on_cell(cell, found)
    return len(cells)
