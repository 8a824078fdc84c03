"""Folders of a cache, each complete or not there, that are shared by processes and removed when there are too many."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


def lock_of(entry: Path, timeout: float = -1) -> FileLock:
    """The lock of a folder, which processes of one machine hold to read, write or remove it.

    Args:
        entry: The folder; need not exist.
        timeout: Seconds to wait for it; -1 waits for ever.
    """
    return FileLock(entry.with_suffix(".lock"), timeout=timeout)


@contextmanager
def held(entry: Path, waiting: Callable[[], object]) -> Iterator[None]:
    """Hold the lock of a folder.

    Args:
        entry: The folder; need not exist.
        waiting: Called once if another process holds the lock.
    """
    lock = lock_of(entry)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def remove_oldest(folder: Path, mark: str, keep: Path, limit_bytes: float) -> None:
    """Remove the least recently used entries of a cache that has outgrown its limit.

    Args:
        folder: The cache; its entries are folders, whose time of modification is that of their last use.
        mark: Name of a file that complete entries have; it goes first, so that an interrupted removal leaves none.
        keep: Stays whatever its size.
        limit_bytes: What the cache may hold; ``harness.environment.cache_limit_bytes``.
    """
    used: list[tuple[float, int, Path]] = []
    for entry in folder.iterdir():
        with suppress(FileNotFoundError, NotADirectoryError):  # another process is faster; or a lock
            if (entry / mark).is_file():
                used.append((entry.stat().st_mtime, sum(file.stat().st_size for file in entry.iterdir()), entry))
    total = 0
    for _, num_bytes, entry in sorted(used, reverse=True):
        total += num_bytes
        if total > limit_bytes and entry != keep:
            # Does not wait for an entry in use: two workers could wait for each other.
            with suppress(Timeout), lock_of(entry, timeout=0):
                (entry / mark).unlink(missing_ok=True)
                shutil.rmtree(entry, ignore_errors=True)
