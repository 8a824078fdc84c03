"""Networks trained by MFRNet, each kept on disk under everything that training reads."""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from harness.cached_folders import held, remove_oldest
from harness.environment import cache_dir, cache_limit_bytes
from harness.images import ImageSet
from harness.methods.backbone_weights import weights_identity
from harness.methods.computing import computing
from mfrnet import FeatureStack, MFRNetSettings, Trained, grid_for, tensors_of_trained, train, trained_of
from mfrnet.parallel import world_size
from mfrnet.tensor_file import save_tensors
from mfrnet.training import StepReport

_FORMAT = 1
_FILE = "trained.safetensors"
_SECONDS = "seconds"


class TrainingCache:
    """A folder with one entry for each training, which serves all fits that differ in what follows training.

    The least recently used entries are removed when the folder outgrows its limit (``BENCH_CACHE_LIMIT_GB``,
    default 50).
    """

    def __init__(
        self,
        folder: Path | None = None,
        token: str = "",
        check_images: Callable[[], object] = lambda: None,
        waiting: Callable[[], object] = lambda: None,
    ) -> None:
        """Args:
        folder: Folder of the entries; None for the default below the cache folder.
        token: Trainings of another token are not taken.
        check_images: Called before an entry is kept; raises where images are not what their key says.
        waiting: Called when another process trains the same network, before its end is waited for.
        """
        self._token, self._check_images, self._waiting = token, check_images, waiting
        self._folder = folder or cache_dir() / "trainings"
        self.seconds = 0.0
        """What trainings that were found here took when they were made, less the time of this cache itself: added to
        the time of a fit, this gives that of a fit which nothing is kept of and which finds nothing."""

    def trained(
        self,
        stack: FeatureStack,
        images: ImageSet,
        settings: MFRNetSettings,
        *,
        seed: int,
        weights: Path | None,
        device: str,
        report: StepReport,
    ) -> Trained:
        """The network that ``mfrnet.train`` makes, from the cache or trained now.

        In a ``torch.distributed`` group nothing is shared: processes that wait for each other may hold no lock. Nor is
        a compiled network, whose code depends on what it was called with first.

        Args:
            stack: Features of the images.
            images: Normal images.
            settings: Every choice of the method.
            seed: Of the fit.
            weights: Local weights of the backbone; None for timm's own.
            device: A torch device.
            report: Receives the progress of a training.

        Raises:
            Exception: As ``mfrnet.train`` and ``check_images``.
        """
        if world_size() > 1 or settings.compile:
            return train(stack, settings, seed, device, report)
        started = time.perf_counter()
        seconds_of_training = 0.0
        try:
            content = [seed, weights_identity(settings, weights), *computing(device), self._token]
            entry = self._folder / _key(images, settings, content)
            entry.parent.mkdir(parents=True, exist_ok=True)
            grid = grid_for(stack.image_size_px, settings.grid_stride_px)
            # Workers that want the same network wait for the first one instead of training it twice.
            with held(entry, self._waiting):
                found = _read(entry, settings, grid, device)
                if found is not None:
                    self.seconds += found[1]
                    return found[0]
                before = time.perf_counter()
                trained = train(stack, settings, seed, device, report)
                seconds_of_training = time.perf_counter() - before
                self._check_images()
                self._keep(entry, trained, seconds_of_training)
            return trained
        finally:
            self.seconds -= time.perf_counter() - started - seconds_of_training

    def _keep(self, entry: Path, trained: Trained, seconds: float) -> None:
        tensors = {**tensors_of_trained(trained), _SECONDS: torch.tensor(seconds, dtype=torch.float64)}
        try:
            shutil.rmtree(entry, ignore_errors=True)
            entry.mkdir()
            save_tensors(tensors, entry / _FILE)
            remove_oldest(self._folder, _FILE, keep=entry, limit_bytes=cache_limit_bytes())
        except OSError as error:
            # No reason to lose what was trained.
            shutil.rmtree(entry, ignore_errors=True)
            logging.getLogger(__name__).warning("bench: a training is not kept: %s", error)


def _read(entry: Path, settings: MFRNetSettings, grid: tuple[int, int], device: str) -> tuple[Trained, float] | None:
    """What an entry holds, and how long it took to train; None where there is none, or where it is damaged."""
    if not (entry / _FILE).is_file():
        return None
    try:
        tensors: dict[str, Tensor] = load_file(entry / _FILE)
        found = trained_of(tensors, settings, grid, device), float(tensors[_SECONDS])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        logging.getLogger(__name__).warning("bench: %s is damaged and made again: %s", entry / _FILE, error)
        return None
    with suppress(OSError):  # of another user, or removed meanwhile
        os.utime(entry)
    return found


def _key(images: ImageSet, settings: MFRNetSettings, content: list[Any]) -> str:
    """Name of a training: the images in their order, the settings that are read, and whatever else decides it."""
    views = None if images.views is None else [[*view.scaled_px, *view.corner_px] for view in images.views]
    read = {name: value for name, value in asdict(settings).items() if name not in settings.after_training()}
    whole = [_FORMAT, images.key, images.size_px, views, read, *content]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]
