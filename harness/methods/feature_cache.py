"""Features of frozen backbones, computed once and kept on disk, memory-mapped, under their content's name."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.environment import cache_dir
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone, weights_identity
from mfrnet import BackboneSettings, FeatureStack, extract_features

_FORMAT = 1
_BATCH = 16
_DEFAULT_LIMIT_BYTES = 50 * 2**30
_COMPLETE = "complete"
_SCRATCH = "making-"
_ABANDONED_SECONDS = 24 * 3600


class FeatureCache:
    """One folder an entry; an entry is the layers of all images of a category, seen in one way.

    Splits and seeds of one category read rows of the same entry, so a second seed, setting or method
    runs no backbone. The least recently used entries go when the cache outgrows its limit
    (``BENCH_CACHE_LIMIT_GB``, default 50).
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Args:
        folder: Where entries are kept; below the cache folder if None.
        """
        self.folder = folder or cache_dir() / "features"
        self.seconds = 0.0
        """Time spent in backbones so far."""

    def stack(self, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str) -> FeatureStack:
        """Features of some images, from the cache or computed now.

        Args:
            images: A category's images, or a selection of them.
            settings: Backbone and layers.
            weights: Local weights; None for timm's own.
            device: Where the backbone runs.

        Raises:
            WeightsError: Weights are missing, cannot be downloaded, or do not fit.
            DataError: An image cannot be read.
        """
        base = images.base or images
        layers, size = self._entry(base, settings, weights, device)
        return FeatureStack(layers, size, images.rows)

    def _entry(
        self, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str
    ) -> tuple[list[NDArray[Any]], tuple[int, int]]:
        entry = self.folder / _key(images, settings, weights_identity(settings, weights))
        self.folder.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        # Workers that want the same entry wait for the first one instead of computing it twice.
        with _lock(entry.with_suffix(".lock")):
            if not (entry / _COMPLETE).is_file():
                shutil.rmtree(entry, ignore_errors=True)
                self._compute(entry, images, settings, weights, device)
                self._evict(keep=entry)
            os.utime(entry)
            # Opened under the lock: an entry that is evicted later stays readable through its open files.
            layers = [np.load(entry / f"{number}.npy", mmap_mode="r") for number in range(len(settings.layers))]
        self.seconds += time.perf_counter() - started
        return layers, images.size_px

    def _compute(
        self, entry: Path, images: ImageSet, settings: BackboneSettings, weights: Path | None, device: str
    ) -> None:
        backbone = open_backbone(settings, weights).to(device)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=self.folder))
        try:

            def allocate(number: int, shape: tuple[int, ...]) -> NDArray[Any]:
                return np.lib.format.open_memmap(scratch / f"{number}.npy", mode="w+", dtype=np.float16, shape=shape)

            extract_features(backbone, images.batches(_BATCH), len(images), allocate)
            (scratch / _COMPLETE).touch()
            scratch.rename(entry)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def _evict(self, keep: Path) -> None:
        limit_gb = os.environ.get("BENCH_CACHE_LIMIT_GB")
        limit = float(limit_gb) * 2**30 if limit_gb else _DEFAULT_LIMIT_BYTES
        entries = [folder for folder in self.folder.iterdir() if (folder / _COMPLETE).is_file()]
        total = 0
        for entry in sorted(entries, key=lambda folder: folder.stat().st_mtime, reverse=True):
            total += sum(file.stat().st_size for file in entry.iterdir())
            if total > limit and entry != keep:
                # Not waiting for an entry in use: two workers could wait for each other.
                with suppress(BlockingIOError), _lock(entry.with_suffix(".lock"), wait=False):
                    # First the mark: what a kill leaves half removed is then computed again.
                    (entry / _COMPLETE).unlink(missing_ok=True)
                    shutil.rmtree(entry, ignore_errors=True)
        for abandoned in self.folder.glob(f"{_SCRATCH}*"):
            if time.time() - abandoned.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(abandoned, ignore_errors=True)


def _key(images: ImageSet, settings: BackboneSettings, weights: str) -> str:
    content = [_FORMAT, images.key, images.size_px, settings.backbone, settings.layers, weights]
    if images.views is not None:
        content.append([[*view.scaled_px, *view.corner_px] for view in images.views])
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@contextmanager
def _lock(path: Path, *, wait: bool = True) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
