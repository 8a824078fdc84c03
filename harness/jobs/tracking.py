"""The events of a run turned into what trackers are given: each cell that ends, with its loss curve."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from harness.config import RunSettings
from harness.errors import StoreError
from harness.execution.events import CellFinished, CellLost, CellProgressed, CellStarted, RunEvent, RunListener
from harness.jobs.places import beside_results
from harness.plan import Cell
from harness.store import RecordStore
from harness.trackers.tracked_run import TrackedRun
from harness.trackers.tracker_set import TrackerSet


@contextmanager
def tracked(settings: RunSettings, store: RecordStore, tell: RunListener) -> Iterator[RunListener]:
    """A listener that passes every event on, and gives each cell that ends to the trackers of the run.

    Args:
        settings: Of the run.
        store: Where its records are.
        tell: Is told first.
    """
    if not settings.track:
        yield tell
        return
    trackers = TrackerSet(settings.track, beside_results(settings.results, "tracking"))
    hook = _AfterCell(store, trackers)

    def listen(event: RunEvent) -> None:
        tell(event)
        hook(event)

    try:
        yield listen
    finally:
        trackers.close()


class _AfterCell:
    def __init__(self, store: RecordStore, trackers: TrackerSet) -> None:
        self._store, self._trackers = store, trackers
        self._losses: dict[str, dict[int, float]] = {}

    def __call__(self, event: RunEvent) -> None:
        match event:
            case CellStarted(cell=cell):
                # A second attempt begins with the first step again.
                self._losses[cell.id] = {}
            case CellProgressed(cell=cell, progress=progress) if progress.loss is not None:
                self._losses.setdefault(cell.id, {})[progress.done] = progress.loss
            case CellFinished(cell=cell) | CellLost(cell=cell):
                self._end(cell)

    def _end(self, cell: Cell) -> None:
        losses = sorted(self._losses.pop(cell.id, {}).items())
        try:
            record = self._store.record(cell.id)
        except StoreError as error:
            logging.getLogger(__name__).warning("bench: %s is not tracked: %s", cell.label, error)
            return
        self._trackers.log(TrackedRun.of(record, losses))
