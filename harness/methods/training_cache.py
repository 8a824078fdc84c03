"""Networks trained by MFRNet, each kept on disk under everything that training reads."""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

import mfrnet
from harness.cached_folders import lock_of, remove_oldest
from harness.environment import cache_dir, code_version, package_versions
from harness.images import ImageSet
from harness.methods.backbone_weights import weights_identity
from mfrnet import FeatureStack, MFRNetSettings, Trained, grid_for, tensors_of_trained, train, trained_of
from mfrnet.parallel import world_size
from mfrnet.tensor_file import save_tensors
from mfrnet.training import StepReport

_FORMAT = 1
_FILE = "trained.safetensors"
_SECONDS = "seconds"
_SCRATCH = "making-"


class TrainingCache:
    """A folder with one entry for each training, which serves all fits that differ in what follows training.

    The least recently used entries are removed when the cache outgrows its limit (``BENCH_CACHE_LIMIT_GB``,
    default 50).
    """

    def __init__(
        self, folder: Path | None = None, token: str = "", check_images: Callable[[], None] = lambda: None
    ) -> None:
        """Args:
        folder: Folder of the entries; None for the default below the cache folder.
        token: Trainings of another token are not taken.
        check_images: Called before an entry is kept; raises where images are not what their key says.
        """
        self._token, self._check_images = token, check_images
        self._folder = folder or cache_dir() / "trainings"
        self.seconds = 0.0
        """What trainings that were found here took when they were made, less the time of waiting for and reading them:
        added to the time of a fit, this gives that of a fit of its own."""

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

        In a ``torch.distributed`` group nothing is shared: processes that wait for each other may hold no lock.

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
        if world_size() > 1:
            return train(stack, settings, seed, device, report)
        content = [seed, weights_identity(settings, weights), *_computing(torch.device(device)), self._token]
        entry = self._folder / _key(images, settings, content)
        entry.parent.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        # Workers that want the same network wait for the first one instead of training it twice.
        with lock_of(entry):
            tensors = _read(entry / _FILE)
            if tensors is not None:
                os.utime(entry)
                grid = grid_for(stack.image_size_px, settings.grid_stride_px)
                found = trained_of(tensors, settings, grid, device)
                self.seconds += float(tensors[_SECONDS]) - (time.perf_counter() - started)
                return found
            self.seconds -= time.perf_counter() - started
            started = time.perf_counter()
            made = train(stack, settings, seed, device, report)
            took = torch.tensor(time.perf_counter() - started, dtype=torch.float64)
            self._check_images()
            try:
                self._put(entry, {**tensors_of_trained(made), _SECONDS: took})
            except OSError as error:
                # No reason to lose what was trained.
                logging.getLogger(__name__).warning("bench: a training is not kept: %s", error)
            return made

    def _put(self, entry: Path, tensors: dict[str, Tensor]) -> None:
        scratch = entry.with_name(f"{_SCRATCH}{uuid4().hex}")
        scratch.mkdir()
        try:
            save_tensors(tensors, scratch / _FILE)
            shutil.rmtree(entry, ignore_errors=True)
            scratch.rename(entry)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        remove_oldest(self._folder, _FILE, keep=entry)


def _read(file: Path) -> dict[str, Tensor] | None:
    """What an entry holds; None where there is none, or where it is damaged."""
    if not file.is_file():
        return None
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except (OSError, SafetensorError) as error:
        logging.getLogger(__name__).warning("bench: %s is damaged and made again: %s", file, error)
        return None
    return tensors


def _key(images: ImageSet, settings: MFRNetSettings, content: list[Any]) -> str:
    """Name of a training: the images in their order, the settings that are read, and whatever else decides it."""
    views = None if images.views is None else [[*view.scaled_px, *view.corner_px] for view in images.views]
    read = {name: value for name, value in asdict(settings).items() if name not in settings.after_training()}
    whole = [_FORMAT, images.key, images.size_px, views, read, *content]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]


def _computing(device: torch.device) -> list[Any]:
    """The code, and what computes: sums differ in the last bit between processors and numbers of threads."""
    if device.type == "cuda":
        processor = torch.cuda.get_device_name(device)
    else:
        processor = f"{device.type} {torch.backends.cpu.get_cpu_capability()} {torch.get_num_threads()}"
    return [processor, code_version()[0], _code(), package_versions()]


@cache
def _code() -> str:
    """Hash of the method's code."""
    files = sorted(Path(mfrnet.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
