"""Folders of a cache, each complete or not there, that are shared by processes and removed when there are too many."""

import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from harness.errors import SettingsError

_LIMIT = "BENCH_CACHE_LIMIT_GB"
_DEFAULT_LIMIT_BYTES = 50 * 2**30


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


def limit_bytes() -> float:
    """Most that a cache of folders holds: ``BENCH_CACHE_LIMIT_GB``, default 50, in units of 2**30 bytes.

    Raises:
        SettingsError: The variable is not a number of 0 or more.
    """
    text = os.environ.get(_LIMIT)
    if not text:
        return _DEFAULT_LIMIT_BYTES
    try:
        limit_gb = float(text)
    except ValueError:
        limit_gb = math.nan
    if not limit_gb >= 0:
        raise SettingsError(f"{_LIMIT}: expected a number of gigabytes, 0 or more, e.g. 20 or 0.5, got {text!r}.")
    return limit_gb * 2**30


def remove_oldest(folder: Path, mark: str, keep: Path) -> None:
    """Remove the least recently used entries of a cache that has outgrown ``BENCH_CACHE_LIMIT_GB``, default 50.

    Args:
        folder: The cache; its entries are folders, whose time of modification is that of their last use.
        mark: Name of a file that complete entries have; it goes first, so that an interrupted removal leaves none.
        keep: Stays whatever its size.
    """
    limit = limit_bytes()
    used: list[tuple[float, int, Path]] = []
    for entry in folder.iterdir():
        with suppress(FileNotFoundError, NotADirectoryError):  # another process is faster; or a lock
            if (entry / mark).is_file():
                used.append((entry.stat().st_mtime, sum(file.stat().st_size for file in entry.iterdir()), entry))
    total = 0
    for _, num_bytes, entry in sorted(used, reverse=True):
        total += num_bytes
        if total > limit and entry != keep:
            # Does not wait for an entry in use: two workers could wait for each other.
            with suppress(Timeout), lock_of(entry, timeout=0):
                (entry / mark).unlink(missing_ok=True)
                shutil.rmtree(entry, ignore_errors=True)
