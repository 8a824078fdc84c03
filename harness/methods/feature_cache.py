"""Features of frozen backbones, computed once and kept on disk, memory-mapped, under the hash of their content."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import torch
from numpy.typing import NDArray

from harness.cached_folders import lock_of, remove_oldest
from harness.environment import cache_dir, cache_limit_bytes
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone, weights_identity
from harness.methods.computing import source_hash
from harness.phase_clock import FEATURES, phase
from mfrnet import Backbone, BackboneSettings, FeatureStack
from mfrnet.disk_rows import release, reserve
from mfrnet.features import stored_features
from mfrnet.parallel import divided, on_all_ranks, rank, world_size

_FORMAT = 2
_BATCH = 16
_COMPLETE = "complete"
_SCRATCH = "making-"
_ABANDONED_SECONDS = 24 * 3600


class FeatureCache:
    """A folder with one entry, itself a folder, per category, framing and backbone.

    Splits and seeds of one category read rows of the same entry, so a second seed, setting or method runs no
    backbone. The least recently used entries are removed when the cache outgrows its limit (``BENCH_CACHE_LIMIT_GB``,
    default 50).
    """

    def __init__(self, folder: Path | None = None, check_images: Callable[[], None] = lambda: None) -> None:
        """Args:
        folder: Folder of the entries; None for the default below the cache folder.
        check_images: Called before an entry is kept; raises where images are not what their key says.

        Raises:
            SettingsError: The limit is not a number.
        """
        cache_limit_bytes()
        self._check_images = check_images
        self.folder = folder or cache_dir() / "features"
        self.seconds = 0.0
        """Time spent on features so far."""

    def stack(self, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str) -> FeatureStack:
        """Features of some images, from the cache or computed now.

        In a ``torch.distributed`` group each process computes the features of its share of the images; all processes
        then read all features, from one entry per cache folder.

        Args:
            images: A category's images, or a selection of them.
            settings: Backbone and layers.
            weights: Local weights; None for timm's own.
            device: Device on which the backbone runs.

        Raises:
            WeightsError: Weights are missing, cannot be downloaded, or do not fit.
            DataError: An image cannot be read.
        """
        base = images.base or images
        entry = self.folder / _key(base, settings, weights_identity(settings, weights), device)
        self.folder.mkdir(parents=True, exist_ok=True)
        with phase(FEATURES) as span:
            if world_size() > 1:
                layers = self._layers_of_group(entry, base, settings, weights, device)
            else:
                # Workers that want the same entry wait for the first one instead of computing it twice.
                with lock_of(entry):
                    if not (entry / _COMPLETE).is_file():
                        self._compute(entry, base, settings, weights, device, nullcontext())
                    layers = _opened(entry)
        self.seconds += span.seconds
        return FeatureStack(layers, base.size_px, images.rows)

    def _layers_of_group(
        self, entry: Path, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str
    ) -> list[NDArray[Any]]:
        """As in a single process, but no lock is held while processes wait for each other: that could deadlock."""
        layers: list[NDArray[Any]] = []

        def look() -> bool:
            with lock_of(entry):
                if (entry / _COMPLETE).is_file():
                    layers[:] = _opened(entry)
            return bool(layers)

        if not all(on_all_ranks(look)):
            self._compute(entry, images, settings, weights, device, lock_of(entry))
            on_all_ranks(look)
        return layers

    def _compute(
        self,
        entry: Path,
        images: ImageSet,
        settings: BackboneSettings,
        weights: Path | None,
        device: str,
        lock: AbstractContextManager[Any],
    ) -> None:
        """Divide the batches over the processes of a group; one process per cache folder writes all features.

        Batches do not depend on the number of processes, so neither do the features.
        """
        starts = range(0, len(images), _BATCH)
        own_rows = [
            row for start in starts[rank() :: world_size()] for row in range(len(images))[start : start + _BATCH]
        ]
        own_batches = images.select(own_rows).batches(_BATCH)
        scratch = self.folder / f"{_SCRATCH}{uuid4().hex}"
        networks: list[Backbone] = []
        whole: list[NDArray[Any]] = []

        def prepare() -> str:
            networks.append(open_backbone(settings, weights).to(device))
            scratch.mkdir()
            return scratch.name

        def put() -> None:
            if is_writer:
                self._check_images()
                with lock:
                    (scratch / _COMPLETE).touch()
                    shutil.rmtree(entry, ignore_errors=True)
                    scratch.rename(entry)
                    remove_oldest(self.folder, _COMPLETE, keep=entry, limit_bytes=cache_limit_bytes())
                    self._remove_abandoned()

        try:
            names = on_all_ranks(prepare)
            is_writer = next(name for name in names if (self.folder / name).is_dir()) == scratch.name
            batches = divided(lambda start: stored_features(networks[0], next(own_batches)), starts)
            for start, layers in zip(starts, batches, strict=True):
                if is_writer:
                    whole = whole or [
                        _new_array(scratch / f"{number}.npy", layer.dtype, (len(images), *layer.shape[1:]))
                        for number, layer in enumerate(layers)
                    ]
                    for array, layer in zip(whole, layers, strict=True):
                        array[start : start + len(layer)] = layer
                        release(array)
            on_all_ranks(put)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _remove_abandoned(self) -> None:
        for abandoned in self.folder.glob(f"{_SCRATCH}*"):
            with suppress(FileNotFoundError):  # another worker has just finished it
                if time.time() - abandoned.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(abandoned, ignore_errors=True)


def _new_array(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.open_memmap(path, "w+", dtype, shape)
    with path.open("r+b") as file:
        reserve(file, path.stat().st_size)
    return array


def _opened(entry: Path) -> list[NDArray[Any]]:
    """The layers of an entry. The caller holds its lock; an entry evicted later stays readable through open files."""
    os.utime(entry)
    return [np.load(entry / f"{number}.npy", mmap_mode="r") for number in range(len(list(entry.glob("*.npy"))))]


def _key(images: ImageSet, settings: BackboneSettings, weights: str, device: str) -> str:
    content = [_FORMAT, images.key, images.size_px, settings.backbone, settings.layers, weights]
    code = source_hash("harness.images", "mfrnet.backbone", "mfrnet.filter_bank", "mfrnet.features")
    content += [code, torch.__version__, version("timm"), version("pillow"), torch.device(device).type]
    if images.views is not None:
        content.append([[*view.scaled_px, *view.corner_px] for view in images.views])
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
