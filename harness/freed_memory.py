"""What a process does with memory that it frees.

A network takes and frees blocks of tens of megabytes with each layer. glibc gives such blocks back to the system at
once, and the system clears every page of them again: a quarter to a third of the time of a backbone on a CPU.
"""

import ctypes
import os
from contextlib import suppress

_MIB = 2**20
_OPTIONS = {
    # Threads that do not share one heap get heaps of 64 MiB each, in which larger blocks have no place.
    "MALLOC_ARENA_MAX": (-8, 1),
    # Above it blocks go back as before: kept, they break the heap up, and a fit of PatchCore grew beyond 20 GB.
    "MALLOC_MMAP_THRESHOLD_": (-3, 128 * _MIB),
    "MALLOC_TRIM_THRESHOLD_": (-1, 512 * _MIB),
}
"""Environment variable that glibc reads as a process starts, to the number of the option and its value; mallopt(3)."""

VARIABLES = {name: str(value) for name, (_, value) in _OPTIONS.items()}
"""The same for processes that are still to start."""


def keep_freed_memory() -> None:
    """Let this process keep up to 512 MiB that it frees, unless the environment says otherwise; call it first of all.

    Without glibc nothing changes. The memory that a cell needs is measured as before (``PeakMemory``).
    """
    with suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for name, (option, value) in _OPTIONS.items():
            if name not in os.environ:
                mallopt(option, value)
