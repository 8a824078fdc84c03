"""Features of frozen backbones, computed once and kept on disk, memory-mapped, under the hash of their content."""

import hashlib
import inspect
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from harness.environment import cache_dir
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone, weights_identity
from mfrnet import BackboneSettings, FeatureStack, backbone, extract_features, features, filter_bank
from mfrnet.parallel import on_all_ranks, rank, share, world_size

_FORMAT = 2
_BATCH = 16
_DEFAULT_LIMIT_BYTES = 50 * 2**30
_COMPLETE = "complete"
_SCRATCH = "making-"
_ABANDONED_SECONDS = 24 * 3600


class FeatureCache:
    """A folder with one entry, itself a folder, per category, framing and backbone.

    Splits and seeds of one category read rows of the same entry, so a second seed, setting or method runs no
    backbone. The least recently used entries are removed when the cache outgrows its limit (``BENCH_CACHE_LIMIT_GB``,
    default 50).
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Args:
        folder: Folder of the entries; None for the default below the cache folder.
        """
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
        started = time.perf_counter()
        if world_size() > 1:
            layers = self._layers_of_group(entry, base, settings, weights, device)
        else:
            # Workers that want the same entry wait for the first one instead of computing it twice.
            with _lock(entry):
                if not (entry / _COMPLETE).is_file():
                    self._compute(entry, base, settings, weights, device)
                layers = _opened(entry)
        self.seconds += time.perf_counter() - started
        return FeatureStack(layers, base.size_px, images.rows)

    def _compute(
        self, entry: Path, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str
    ) -> None:
        network = open_backbone(settings, weights).to(device)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=self.folder))
        try:

            def allocate(number: int, shape: tuple[int, ...]) -> NDArray[Any]:
                return _new_array(scratch / f"{number}.npy", shape)

            extract_features(network, images.batches(_BATCH), len(images), allocate)
            self._put(scratch, entry)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def _put(self, scratch: Path, entry: Path) -> None:
        """Make an entry of a complete scratch folder; the caller holds the entry's lock."""
        (scratch / _COMPLETE).touch()
        shutil.rmtree(entry, ignore_errors=True)
        scratch.rename(entry)
        self._evict(keep=entry)

    def _layers_of_group(
        self, entry: Path, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str
    ) -> list[NDArray[Any]]:
        """As in a single process, but no lock is held while processes wait for each other: that could deadlock."""
        layers: list[NDArray[Any]] = []

        def look() -> bool:
            with _lock(entry):
                if (entry / _COMPLETE).is_file():
                    layers[:] = _opened(entry)
            return bool(layers)

        if not all(on_all_ranks(look)):
            self._compute_in_group(entry, images, settings, weights, device)
            on_all_ranks(look)
        return layers

    def _compute_in_group(
        self, entry: Path, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str
    ) -> None:
        """Each process writes the features of its share; one process per folder joins them into the entry."""
        name = on_all_ranks(lambda: uuid4().hex)[0]
        scratches = [self.folder / f"{_SCRATCH}{name}-{number}" for number in range(world_size())]
        mine = scratches[rank()]
        rows_of_rank = [_rows(len(images), number) for number in range(world_size())]
        own: list[NDArray[Any]] = []

        def compute_share() -> None:
            mine.mkdir()
            rows = rows_of_rank[rank()]
            if rows:

                def allocate(number: int, shape: tuple[int, ...]) -> NDArray[Any]:
                    return _new_array(mine / f"part{number}.npy", shape)

                network = open_backbone(settings, weights).to(device)
                stack = extract_features(network, images.select(rows).batches(_BATCH), len(rows), allocate)
                own.extend(stack.layers_NCHW)
                for layer in own:
                    layer.flush()  # type: ignore[attr-defined]

        try:
            on_all_ranks(compute_share)
            visible = on_all_ranks(lambda: [scratch.is_dir() for scratch in scratches])
            is_writer = visible[rank()].index(True) == rank()
            for number in range(len(settings.layers)):
                if all(map(all, visible)):
                    parts = _parts_on_disk(scratches, rows_of_rank, number) if is_writer else iter(())
                else:
                    parts = _parts_of_group(own, rows_of_rank, number)
                whole: NDArray[Any] | None = None
                for rows, part in parts:
                    if is_writer:
                        if whole is None:
                            whole = _new_array(mine / f"{number}.npy", (len(images), *part.shape[1:]))
                        whole[rows.start : rows.stop] = part

            def put() -> None:
                if is_writer:
                    for file in mine.glob("part*"):
                        file.unlink()
                    with _lock(entry):
                        self._put(mine, entry)

            on_all_ranks(put)
        finally:
            shutil.rmtree(mine, ignore_errors=True)

    def _evict(self, keep: Path) -> None:
        limit_gb = os.environ.get("BENCH_CACHE_LIMIT_GB")
        limit = float(limit_gb) * 2**30 if limit_gb else _DEFAULT_LIMIT_BYTES
        entries = [folder for folder in self.folder.iterdir() if (folder / _COMPLETE).is_file()]
        total = 0
        for entry in sorted(entries, key=lambda folder: folder.stat().st_mtime, reverse=True):
            total += sum(file.stat().st_size for file in entry.iterdir())
            if total > limit and entry != keep:
                # Does not wait for an entry in use: two workers could wait for each other.
                with suppress(Timeout), _lock(entry, timeout=0):
                    # First the mark, so that an entry whose removal is interrupted is computed again.
                    (entry / _COMPLETE).unlink(missing_ok=True)
                    shutil.rmtree(entry, ignore_errors=True)
        for abandoned in self.folder.glob(f"{_SCRATCH}*"):
            if time.time() - abandoned.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(abandoned, ignore_errors=True)


def _rows(num_images: int, of_rank: int) -> range:
    """Images of one process; whole batches, so that each image's features do not depend on the number of processes."""
    batches = share(-(-num_images // _BATCH), of_rank)
    return range(batches.start * _BATCH, min(batches.stop * _BATCH, num_images))


def _parts_on_disk(
    scratches: list[Path], rows_of_rank: list[range], number: int
) -> Iterator[tuple[range, NDArray[Any]]]:
    for scratch, rows in zip(scratches, rows_of_rank, strict=True):
        if rows:
            yield rows, np.load(scratch / f"part{number}.npy", mmap_mode="r")


def _parts_of_group(
    own: list[NDArray[Any]], rows_of_rank: list[range], number: int
) -> Iterator[tuple[range, NDArray[Any]]]:
    """For processes without a common folder: a batch of each share at a time, sent to all."""
    for start in range(0, max(map(len, rows_of_rank)), _BATCH):
        sent = on_all_ranks(lambda start=start: np.array(own[number][start : start + _BATCH]) if own else None)  # type: ignore[misc]
        for rows, part in zip(rows_of_rank, sent, strict=True):
            if part is not None and len(part):
                yield rows[start : start + _BATCH], part


def _new_array(path: Path, shape: tuple[int, ...]) -> NDArray[Any]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=features.STORED_DTYPE, shape=shape)


def _opened(entry: Path) -> list[NDArray[Any]]:
    """The layers of an entry. The caller holds its lock; an entry evicted later stays readable through open files."""
    os.utime(entry)
    return [np.load(entry / f"{number}.npy", mmap_mode="r") for number in range(len(list(entry.glob("*.npy"))))]


def _key(images: ImageSet, settings: BackboneSettings, weights: str, device: str) -> str:
    content = [_FORMAT, images.key, images.size_px, settings.backbone, settings.layers, weights]
    content += [_code(), torch.__version__, version("timm"), torch.device(device).type]
    if images.views is not None:
        content.append([[*view.scaled_px, *view.corner_px] for view in images.views])
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@cache
def _code() -> str:
    """Hash of the code on which features depend."""
    return hashlib.sha256("".join(map(inspect.getsource, (backbone, filter_bank, features))).encode()).hexdigest()


def _lock(entry: Path, timeout: float = -1) -> FileLock:
    return FileLock(entry.with_suffix(".lock"), timeout=timeout)
