"""Whether the cells of a plan can run, before any of them starts."""

from typing import Any

from harness.config import RunSettings
from harness.datasets.preflight import check_split
from harness.datasets.splits import pooled
from harness.errors import DataError, SettingsError
from harness.jobs.cell_splits import CellSplits
from harness.jobs.planned import Planned
from harness.methods import METHODS
from harness.plan import Cell


def check_cells(planned: Planned, settings: RunSettings, *, may_download: bool = True) -> None:
    """Refuse a plan in which a cell is bound to fail: bad splits, settings that do not fit, no weights.

    Looks at image headers only, except that a split without twins, and a contaminated one, need every image read once.

    Args:
        planned: The plan.
        settings: Of the run.
        may_download: Whether weights that are not on this machine are downloaded; otherwise they are not checked.

    Raises:
        BenchError: One line naming the file, or every setting that does not fit.
    """
    from harness.cells.devices import check_device
    from harness.cells.opened_cell import category_size
    from harness.execution.sizing import check_workers, size_workers
    from harness.methods.backbone_weights import must_be_downloaded

    if not planned.plan.cells:
        return
    if settings.is_here:
        check_device(settings.device)
    check_workers(size_workers(settings, len(planned.plan.cells)), settings)

    splits = CellSplits(planned.datasets, settings)
    looked_at: set[tuple[str, str, int | None]] = set()
    drawn: set[tuple[str, str, int]] = set()
    sizes: dict[tuple[str, str, int | None, str], tuple[int, int] | None] = {}
    checked: set[tuple[str, str, tuple[int, int]]] = set()
    # One reason is enough for settings that do not fit, although other categories may have it too.
    misfits: dict[tuple[str, str], SettingsError] = {}
    for cell in planned.plan.cells:
        place, of_categories = splits.of(cell)
        if place not in looked_at:
            looked_at.add(place)
            for category, split in of_categories.items():
                check_split(split, f"{cell.dataset}/{category}")
        # Methods are given the same images; of one fit, one cell stands for all.
        if (draw := (cell.dataset, place[1], cell.seed)) not in drawn:
            drawn.add(draw)
            splits.chosen(cell)
        if (*place, cell.protocol.key()) not in sizes:
            try:
                size = category_size(pooled(of_categories), cell.protocol)
            except DataError:
                # A damaged image fails its own cells, and the others go on.
                size = None
            sizes[*place, cell.protocol.key()] = size
        size = sizes[*place, cell.protocol.key()]
        if size is None:
            continue
        chosen = (cell.method, cell.settings_json)
        if (*chosen, size) not in checked and chosen not in misfits:
            checked.add((*chosen, size))
            try:
                _check_method(cell, planned.settings_of[chosen], size)
                _check_processes(cell, planned.settings_of[chosen], size, settings)
            except SettingsError as error:
                misfits[chosen] = error
    if misfits:
        raise SettingsError(" ".join(map(str, misfits.values()))) from next(iter(misfits.values()))
    for method, settings_json in sorted({(cell.method, cell.settings_json) for cell in planned.plan.cells}):
        resolved = planned.settings_of[method, settings_json]
        weights = planned.weights.get(getattr(resolved, "backbone", ""))
        if may_download or not must_be_downloaded(resolved, weights):
            METHODS.get(method).check_weights(resolved, weights)


def _check_method(cell: Cell, resolved: Any, image_size_px: tuple[int, int]) -> None:
    try:
        METHODS.get(cell.method).check(resolved, image_size_px)
    except (ValueError, OSError) as error:
        raise SettingsError(f"{cell.method} on {cell.dataset}/{cell.category}: {error}") from error


def _check_processes(cell: Cell, resolved: Any, image_size_px: tuple[int, int], settings: RunSettings) -> None:
    from harness.execution.sizing import processes_of_cells

    batch = METHODS.get(cell.method).global_batch_size(resolved, image_size_px)
    if settings.data_parallel != "auto" and batch != 1:
        processes_of_cells([cell], {cell.id: batch}, settings.data_parallel, most=1)
