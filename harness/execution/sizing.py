"""How many workers run, and what each of them has."""

import math
from dataclasses import dataclass

from harness.config import RunSettings
from harness.environment import num_cores
from harness.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class WorkerSize:
    """How many workers, and what each of them has."""

    workers: int
    """0 is this process."""
    cpus_per_worker: float
    gpus_per_worker: float


def size_workers(settings: RunSettings, num_cells: int) -> WorkerSize:
    """Fill in what was not asked for.

    One worker a GPU, or as many as ``gpus_per_worker`` allows; without a GPU one worker a core, as
    small workers waste the least. A single worker on this machine is this process: it starts at once.
    """
    cores = num_cores()
    uses_gpus = settings.is_here and settings.device != "cpu" and settings.gpus_per_worker != 0
    gpus = num_gpus() if uses_gpus else 0
    workers = settings.workers
    if workers is None:
        wanted = capacity(gpus, settings.gpus_per_worker or 1) if gpus else cores / (settings.cpus_per_worker or 1)
        workers = min(num_cells, max(1, int(wanted)))
        if workers <= 1 and settings.address is None:
            workers = 0
    cpus = settings.cpus_per_worker or (max(1, cores // max(workers, 1)) if settings.is_here else 1)
    gpus_each = settings.gpus_per_worker
    if gpus_each is None:
        gpus_each = _share(gpus, workers) if gpus and workers else 0.0
    return WorkerSize(workers=workers, cpus_per_worker=cpus, gpus_per_worker=gpus_each)


def check_workers(size: WorkerSize, settings: RunSettings) -> None:
    """Refuse workers that could not run a cell.

    Raises:
        SettingsError: There are too few GPUs, or the device is none that a worker has.
    """
    if size.workers == 0:
        if settings.address is not None:
            raise SettingsError("Without workers all runs in this process; right would be 1 or more, or no --address.")
        return
    if not settings.is_here:
        return
    if size.gpus_per_worker:
        check_fit(size.workers, size.gpus_per_worker, num_gpus())
    if settings.device.startswith("cuda") and not size.gpus_per_worker:
        raise SettingsError(f"--device {settings.device}, for workers without a GPU; right would be a share of one.")
    kind, _, number = settings.device.partition(":")
    if number:
        raise SettingsError(
            f"--device {settings.device}: a worker calls the first GPU that it is given {kind}; right would be "
            f"--device {kind} with CUDA_VISIBLE_DEVICES={number}, or no workers."
        )


def _share(gpus: int, workers: int) -> float:
    """Of a GPU, as large as all workers can have: a whole one, or hundredths, which Ray can hold to."""
    return 1.0 if workers <= gpus else max(0.01, math.floor(100 / math.ceil(workers / gpus)) / 100)


def num_gpus() -> int:
    """GPUs that this process may use."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def capacity(gpus: float, each: float) -> int:
    """How many workers fit: with a fraction as many as share a GPU, else whole GPUs each.

    Args:
        gpus: How many there are.
        each: GPUs of a worker, above 0.
    """
    if each < 1:
        return int(gpus) * math.floor(1 / each + 1e-9)  # 1 / .2 is not quite 5
    return int(gpus) // math.ceil(each)


def check_fit(workers: int, each: float, gpus: float) -> None:
    """Refuse more workers than fit.

    Raises:
        SettingsError: There are too few GPUs.
    """
    if each and workers > capacity(gpus, each):
        room = f"the {gpus:g} GPUs here are enough for {capacity(gpus, each)}" if gpus else "there is none here"
        raise SettingsError(
            f"{workers} workers with {each:g} GPUs each came; {room}. Ask for fewer workers, a fraction of a GPU each, "
            "or a cluster (--address)."
        )
