"""Which GPUs a worker of this machine sees."""

import math
import os

from harness.execution.sizing import check_fit, num_gpus


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
