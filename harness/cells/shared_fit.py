"""Fitting the method of a cell, or taking the fit that another cell has made: one fit serves all cells of a fit.

A fit is kept as a bundle in the cache folder, under everything that decides it. Workers of one machine share it, and
so does a run that goes on later; each machine of a cluster makes its own.
"""

import hashlib
import os
import shutil
from collections.abc import Callable

from harness.bundles.bundle import DESCRIPTION, read_description, read_state, write_bundle
from harness.cached_folders import held, lock_of, remove_oldest
from harness.cells.cell_context import CellContext
from harness.cells.keeping import bundle_facts
from harness.cells.opened_cell import OpenedCell
from harness.cells.outcome import CellProgress, reports_fit
from harness.cells.record_making import provenance
from harness.environment import cache_dir, cache_limit_bytes, now
from harness.errors import BundleError
from harness.methods.computing import computing
from harness.phase_clock import FEATURES, FIT, phase
from harness.plan import Cell, canonical_json
from mfrnet.parallel import on_all_ranks, world_size


def fit_cell(opened: OpenedCell, cell: Cell, context: CellContext, report: Callable[[CellProgress], None]) -> float:
    """Fit the method of an opened cell, or make it the method that was fitted for another cell of the same fit.

    Args:
        opened: The cell; afterwards its method is fitted.
        cell: What runs.
        context: Where it runs.
        report: Receives the progress.

    Returns:
        Seconds that the fit took, feature extraction excluded, whenever it was made or the network trained.

    Raises:
        Exception: Whatever the method raises.
    """
    if cell.fit_id == cell.id or not opened.method.can_be_kept:
        return _fit(opened, report)
    folder = cache_dir() / "fits" / _key(opened, cell, context)
    folder.parent.mkdir(parents=True, exist_ok=True)
    found: list[float] = []

    def look() -> bool:
        if (folder / DESCRIPTION).is_file():
            try:
                description = read_description(folder)
                opened.method.restore(read_state(folder, description))
            except BundleError:  # damaged, so it is made again
                shutil.rmtree(folder)
            else:
                os.utime(folder)
                found.append(description.origin.fit_seconds or 0.0)
        return bool(found)

    def put(seconds: float) -> None:
        opened.check_unchanged()
        if not (folder / DESCRIPTION).is_file():
            # What an interrupted removal left.
            shutil.rmtree(folder, ignore_errors=True)
            made = provenance(context, opened.device, now())
            state = opened.method.state()
            facts = bundle_facts(cell, opened, made, fit_seconds=seconds)
            # A backbone of the settings' weights is opened again.
            write_bundle(folder, state, facts, with_backbone=not state.backbone)
            remove_oldest(folder.parent, DESCRIPTION, keep=folder, limit_bytes=cache_limit_bytes())

    if world_size() == 1:
        with held(folder, lambda: report(CellProgress(stage="wait for the shared fit", done=0, total=1))):
            if look():
                return found[0]
            seconds = _fit(opened, report)
            put(seconds)
        return seconds

    # No lock is held while processes wait for each other: that could deadlock.
    def under_lock(work: Callable[[], object]) -> Callable[[], object]:
        def locked() -> object:
            with lock_of(folder):
                return work()

        return locked

    if all(on_all_ranks(under_lock(look))):
        return found[0]
    seconds = _fit(opened, report)
    on_all_ranks(under_lock(lambda: put(seconds)))
    return seconds


def _fit(opened: OpenedCell, report: Callable[[CellProgress], None]) -> float:
    before = opened.trainings.seconds if opened.trainings else 0.0
    with phase(FIT) as span:
        opened.method.fit(opened.train, reports_fit(report))
    after = opened.trainings.seconds if opened.trainings else 0.0
    return span.seconds_without(FEATURES) + after - before


def _key(opened: OpenedCell, cell: Cell, context: CellContext) -> str:
    """Name of a fit: the images in their order, the settings, and what computes."""
    content = [
        cell.fit_id,
        opened.train.key,
        opened.train.size_px,
        *computing(opened.device),
        context.fit_token,
    ]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:32]
