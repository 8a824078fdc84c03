"""What a planned run will take in time, memory and disk, from a trial on a few images of each data set."""

import heapq
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import TYPE_CHECKING

from harness.cells.opened_cell import category_size
from harness.cells.trial_run import CellSize, Rates, measure_rates
from harness.config import Protocol, RunSettings
from harness.datasets import Sample, Split
from harness.datasets.finding import find
from harness.datasets.fingerprint import fingerprint
from harness.datasets.splits import pooled
from harness.environment import cache_dir, cache_limit_bytes, host_name
from harness.execution.sizing import size_workers
from harness.framing import views_of
from harness.images import image_size
from harness.jobs.cell_splits import CellSplits
from harness.jobs.planned import Planned
from harness.jobs.run import cell_runner
from harness.methods import METHODS
from harness.phrasing import counted
from harness.plan import Cell
from harness.regimes import MULTI_CLASS, ONE_CLASS, shots_of
from harness.store import RecordStore
from harness.torch_threads import torch_threads

if TYPE_CHECKING:
    import pandas as pd

_MAX_HEADERS = 64
"""Images of a category whose sizes are looked up."""


@dataclass(frozen=True, kw_only=True)
class CellEstimate:
    """What a cell will take."""

    cell: Cell
    num_fit: int
    """Images that it is fitted on."""
    num_test: int
    feature_seconds: float
    """0 where an earlier cell of the plan has computed the features."""
    fit_seconds: float
    """0 where an earlier cell of the plan has made the fit; without training where one has trained the network."""
    judge_seconds: float
    """Scores, metrics and everything else."""
    memory_bytes: float | None
    """Most that its process holds; None where the system does not tell."""
    device_bytes: int | None
    """Most that tensors hold on a GPU; None on a CPU."""
    feature_bytes: float
    """Added to the feature cache."""
    training_bytes: float
    """In temporary files while it is fitted."""
    is_fit_recorded: bool
    """Whether the time of the fit is that of stored records of this machine, and not of the trial."""

    @property
    def seconds(self) -> float:
        """All of the cell."""
        return self.feature_seconds + self.fit_seconds + self.judge_seconds


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run will take."""

    cells: tuple[CellEstimate, ...]
    num_workers: int
    seconds: float
    """From the first cell to the last one, with all workers."""
    memory_bytes: float | None
    """All workers together."""
    device_bytes: int | None
    """On the GPU of a worker; None on a CPU."""
    feature_bytes: float
    """Of the feature cache, if it was empty."""
    training_bytes: float
    """In temporary files, all workers together."""
    notes: tuple[str, ...]
    """What it rests on, and what there is not room for; a sentence each."""


def estimate(planned: Planned, settings: RunSettings) -> Estimate:
    """Measure a trial of each method on each data set of a plan, and work out what the whole takes.

    Args:
        planned: Checked.
        settings: Of the run.

    Raises:
        BenchError: An image of the trial cannot be read, or what else stops a cell.
        Exception: Whatever a method raises.
    """
    cells = planned.plan.cells
    size = size_workers(settings, len(cells))
    num_workers = max(size.workers, 1)
    work = _Work(planned, settings, num_workers)
    with torch_threads(max(1, int(size.cpus_per_worker))):
        found = tuple(work.estimate(cell) for cell in cells)
    held = sorted((each.memory_bytes for each in found if each.memory_bytes is not None), reverse=True)
    on_device = [each.device_bytes for each in found if each.device_bytes is not None]
    feature_bytes = sum(each.feature_bytes for each in found)
    training = sorted((each.training_bytes for each in found), reverse=True)
    return Estimate(
        cells=found,
        num_workers=num_workers,
        seconds=span([each.seconds for each in found], num_workers),
        memory_bytes=sum(held[:num_workers]) if held else None,
        device_bytes=max(on_device, default=None),
        feature_bytes=feature_bytes,
        training_bytes=sum(training[:num_workers]),
        notes=(*_grounds(found, settings, num_workers), *_short_of_room(feature_bytes)),
    )


def span(seconds: Sequence[float], num_workers: int) -> float:
    """How long workers take for tasks that are handed out in this order, each to the first that is free.

    >>> span([3.0, 2.0, 2.0], 2)
    4.0
    """
    free_at = [0.0] * num_workers
    for each in seconds:
        heapq.heapreplace(free_at, free_at[0] + each)
    return max(free_at)


class _Work:
    def __init__(self, planned: Planned, settings: RunSettings, num_workers: int) -> None:
        self._planned, self._settings = planned, settings
        runner = cell_runner(planned, settings, num_workers)
        self._context = replace(
            runner.context, panels_dir=None, models_dir=None, calibration_folds=0, share_trainings=False
        )
        self._frame: pd.DataFrame = RecordStore(settings.results).frame()
        self._splits = CellSplits(planned.datasets, settings)
        self._windows: dict[tuple[str, str, str], tuple[float, tuple[int, int]]] = {}
        self._rates: dict[tuple[str, str, str, str], tuple[Rates, float]] = {}
        self._done: set[tuple[str, ...]] = set()

    def estimate(self, cell: Cell) -> CellEstimate:
        (_, splits), split = self._splits.of(cell), self._splits.chosen(cell)
        base = pooled(splits)
        rates, trial_pixels = self._rates_of(cell)
        windows, size_px = self._shown(cell, base)
        share = windows * math.prod(size_px) / trial_pixels
        settings = self._planned.settings_of[cell.method, cell.settings_json]
        num_base = len(base.train) + len(base.test) + (len(split.test) if cell.corrupt else 0)
        size = CellSize(
            num_features=share * num_base,
            num_fit=share * len(split.train),
            num_test=share * len(split.test),
            num_steps=METHODS.get(cell.method).num_steps(
                settings, round(windows * len(split.train)), size_px, cell.regime
            ),
        )
        # Seeds and methods with the same backbone read the same features, cells of one fit the same fit, and fits that
        # train alike the same network.
        backbone = [str(getattr(settings, name, "")) for name in ("backbone", "layers")]
        where = cell.dataset, "" if cell.regime == MULTI_CLASS else cell.category, cell.protocol.key()
        has_features = self._is_new("features", *where, *backbone, str(cell.corrupt), str(cell.limit))
        has_fit = self._is_new("fit", cell.fit_id)
        # Processes of a group share no training.
        trains = self._is_new("training", cell.training_id) or self._settings.data_parallel not in ("auto", 1)
        recorded = self._recorded_fit_seconds(cell) if trains else None
        fit_seconds = recorded if recorded is not None else rates.fit(size if trains else replace(size, num_steps=0))
        if not split.validation:  # otherwise no fold is fitted
            fit_seconds *= 1 + self._settings.calibration_folds
        return CellEstimate(
            cell=cell,
            num_fit=len(split.train),
            num_test=len(split.test),
            feature_seconds=rates.feature_seconds(size.num_features) if has_features else 0.0,
            fit_seconds=fit_seconds if has_fit else 0.0,
            judge_seconds=rates.judge_seconds(size.num_test),
            memory_bytes=None if rates.memory_bytes is None else rates.memory_bytes(size.num_fit + size.num_test),
            device_bytes=rates.device_bytes,
            feature_bytes=rates.feature_bytes * size.num_features if has_features else 0.0,
            training_bytes=rates.training_bytes * size.num_fit if trains and has_fit else 0.0,
            is_fit_recorded=recorded is not None,
        )

    def _is_new(self, *key: str) -> bool:
        is_new = key not in self._done
        self._done.add(key)
        return is_new

    def _shown(self, cell: Cell, base: Split) -> tuple[float, tuple[int, int]]:
        place = cell.dataset, "" if cell.regime == MULTI_CLASS else cell.category, cell.protocol.key()
        if place not in self._windows:
            self._windows[place] = windows_shown(base, cell.protocol)
        return self._windows[place]

    def _rates_of(self, cell: Cell) -> tuple[Rates, float]:
        """Measured on the first category of the data set that comes, and the pixels of an image there."""
        key = cell.dataset, cell.method, cell.settings_json, cell.protocol.key()
        if key not in self._rates:
            dataset = find(self._planned.datasets[cell.dataset], self._settings.data)
            windows, size_px = windows_shown(self._splits.of(cell)[1][cell.category], cell.protocol)
            trial = replace(
                cell,
                regime=ONE_CLASS,
                corrupt=None,
                contaminate=None,
                data_fingerprint=fingerprint(dataset, self._settings.data, cell.category),
            )
            settings = self._planned.settings_of[cell.method, cell.settings_json]
            self._rates[key] = measure_rates(trial, settings, self._context, windows), windows * math.prod(size_px)
        return self._rates[key]

    def _recorded_fit_seconds(self, cell: Cell) -> float | None:
        """Mean over records of this machine with the same method, settings, protocol and part of the data.

        Seeds, threads, devices and weights may differ.
        """
        frame, identity = self._frame, cell.identity()
        if frame.empty:
            return None
        same = (frame["status"] == "ok") & (frame["host"] == host_name())
        names = ["dataset", "method", "method_version", "settings", "protocol", "split", "regime"]
        for name in names if cell.regime == MULTI_CLASS else [*names, "category"]:
            same &= frame[name] == getattr(identity, name)
        for name in ("limit", "contaminate"):
            wanted = getattr(identity, name)
            same &= frame[name].isna() if wanted is None else frame[name] == wanted
        return float(frame.loc[same, "fit_seconds"].mean()) if same.any() else None


def windows_shown(split: Split, protocol: Protocol) -> tuple[float, tuple[int, int]]:
    """How many windows of an image a method is shown, on average over some of a split, and the size of a window.

    Reads headers alone.

    Raises:
        DataError: A header cannot be read.
    """
    train, every = _spaced(split.train), _spaced((*split.train, *split.test))
    size_px = category_size(Split(train=tuple(train), test=()), protocol)
    num_windows = mean(len(views_of(image_size(sample.image), size_px, protocol)) for sample in every)
    return num_windows, size_px


def _spaced(samples: Sequence[Sample]) -> list[Sample]:
    count = min(_MAX_HEADERS, len(samples))
    return [samples[number * len(samples) // count] for number in range(count)]


def _grounds(found: Sequence[CellEstimate], settings: RunSettings, num_workers: int) -> list[str]:
    recorded = sum(each.is_fit_recorded for each in found)
    notes = [
        "Rates are those of a trial on this machine, on a few images of one category of each data set, and of lines "
        "through two sizes. What grows faster than the number of images (a core set) takes longer."
    ]
    if recorded:
        notes.append(f"Seconds of fits come from stored records of this machine for {counted(recorded, 'cell')}.")
    notes.append(
        "The caches are taken to be empty; cells that need the same features compute them once, and fits that differ "
        "only in settings that are read after training train once."
    )
    if settings.regime == MULTI_CLASS:
        notes.append(
            "One fit of each seed serves all categories of a data set, and its features are read from disk batch by "
            "batch; cells that wait for a fit of another worker take longer."
        )
    if shots_of(settings.regime) is not None:
        notes.append(
            "Further views that a method makes of few shots count in the steps of training and in nothing else."
        )
    if num_workers > 1:
        notes.append("Workers are taken not to slow each other down.")
    if not settings.is_here:
        notes.append("The nodes of the cluster are taken to be as fast as this machine.")
    return notes


def _short_of_room(feature_bytes: float) -> list[str]:
    cache, notes = cache_dir(), []
    limit = cache_limit_bytes()
    if feature_bytes > limit:
        notes.append(
            f"The features ({feature_bytes / 1e9:.1f} GB) exceed BENCH_CACHE_LIMIT_GB ({limit / 2**30:g}): the "
            "oldest are removed, and computed again for the next seed or method."
        )
    existing = next(each for each in (cache, *cache.parents) if each.is_dir())
    free = shutil.disk_usage(existing).free
    if min(feature_bytes, limit) > free:
        notes.append(f"{cache} has {free / 1e9:.1f} GB free, which is not enough for the features.")
    return notes
