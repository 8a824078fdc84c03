from collections.abc import Iterable

import psutil


def survivors(pids: Iterable[int], patience: float = 60) -> list[int]:
    """The processes that still run after so many seconds; one that has ended and that nobody has asked for is gone.

    A worker ends when it notices that its node is gone, which is after its driver has ended.
    """
    running = [process for pid in pids if (process := _running(pid)) is not None]
    _, alive = psutil.wait_procs(running, timeout=patience)
    return [process.pid for process in alive]


def _running(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
