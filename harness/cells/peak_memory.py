"""The memory that a cell needs."""

import ctypes
import gc
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import torch

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")


class PeakMemory:
    """Peak growth of the memory of this process, and of tensors on a GPU, inside a ``with`` block.

    Growth is above the resident size at the start, so that what earlier cells left is not counted. What the
    allocator holds but nobody uses is given back to the system first, because reusing it would not show.
    """

    process_bytes: int | None = None
    """Peak growth of the resident size, memory-mapped features included; None where the kernel
    does not let a process reset its peak."""
    held_bytes: int | None = None
    """The resident size at that peak, with what the process held before."""
    device_bytes: int | None = None
    """Most memory that tensors held on the GPU; None on a CPU."""

    def __init__(self, device: str) -> None:
        """Args:
        device: Where the cell runs.
        """
        self._device = device if device.startswith("cuda") else None

    def __enter__(self) -> "PeakMemory":
        gc.collect()
        with suppress(OSError, AttributeError):  # glibc only
            ctypes.CDLL(None).malloc_trim(0)
        if self._device:
            torch.cuda.reset_peak_memory_stats(self._device)
        self._start_bytes: int | None = None
        with suppress(OSError):
            # Documented in proc(5): 5 resets the peak resident size to the present size.
            _CLEAR_REFS.write_text("5")
            self._start_bytes = _status_bytes("VmRSS")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._start_bytes is not None:
            self.held_bytes = _status_bytes("VmHWM")
            self.process_bytes = max(0, self.held_bytes - self._start_bytes)
        if self._device:
            self.device_bytes = int(torch.cuda.max_memory_allocated(self._device))


def _status_bytes(name: str) -> int:
    """A size from the status of this process."""
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
