"""Which GPUs a worker of this machine sees."""

import math
import os

from harness.errors import SettingsError


def num_gpus() -> int:
    """GPUs that this process may use."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def too_few(workers: int, gpus_per_worker: float, has: float) -> SettingsError:
    """The error that this machine has too few GPUs."""
    return SettingsError(
        f"{workers} workers with {gpus_per_worker:g} GPUs each need {workers * gpus_per_worker:g}; this machine has "
        f"{has:g}. Ask for fewer workers, a fraction of a GPU each, or a cluster (--address)."
    )


def shares(workers: int, gpus_per_worker: float) -> list[str]:
    """For each worker its GPUs, in the form of ``CUDA_VISIBLE_DEVICES``; none of them where it gets none.

    A worker with a fraction shares one GPU with as many as fit; one with several gets whole ones.

    Raises:
        SettingsError: There are too few.
    """
    if not gpus_per_worker:
        return [""] * workers
    devices = _visible()
    on_one = math.floor(1 / gpus_per_worker + 1e-9)  # 1 / .2 is not quite 5
    each = math.ceil(gpus_per_worker)
    if workers > (len(devices) * on_one if on_one else len(devices) // each):
        raise too_few(workers, gpus_per_worker, len(devices))
    if on_one:
        return [devices[rank % len(devices)] for rank in range(workers)]
    return [",".join(devices[rank * each : (rank + 1) * each]) for rank in range(workers)]


def _visible() -> list[str]:
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    return [str(number) for number in range(num_gpus())] if chosen is None else [*filter(None, chosen.split(","))]
