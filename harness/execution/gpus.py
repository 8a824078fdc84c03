"""Which GPUs a worker of this machine sees."""

import math
import os

from harness.errors import SettingsError


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


def shares(workers: int, each: float) -> list[str]:
    """For each worker its GPUs, in the form of ``CUDA_VISIBLE_DEVICES``; none of them where it gets none.

    A worker with a fraction shares one GPU with as many as fit; one with several gets whole ones.

    Raises:
        SettingsError: There are too few.
    """
    if not each:
        return [""] * workers
    devices = _visible()
    check_fit(workers, each, len(devices))
    if each < 1:
        return [devices[rank % len(devices)] for rank in range(workers)]
    width = math.ceil(each)
    return [",".join(devices[rank * width : (rank + 1) * width]) for rank in range(workers)]


def _visible() -> list[str]:
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = map(str, range(num_gpus())) if chosen is None else filter(None, chosen.split(","))
    return [*names][: num_gpus()]
