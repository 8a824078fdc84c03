"""The memory that a cell needs."""

import ctypes
import gc
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import torch

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_SAMPLE_SECONDS = 0.02


class PeakMemory:
    """Peak growth of the memory of this process, and of tensors on a GPU, inside a ``with`` block.

    Growth is above the resident size at the start, so that what earlier cells left is not counted. What the
    allocator holds but nobody uses is given back to the system first, because reusing it would not show. Where the
    kernel does not let the process reset its peak, the size is sampled every 20 ms, and a shorter peak can be missed.
    """

    process_bytes: int | None = None
    """Peak growth of the resident size, memory-mapped features included; None where the system does not say."""
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
        self._start = _status("VmRSS")
        self._sampler: _Sampler | None = None
        try:
            # Documented in proc(5): 5 resets the peak resident size to the present size.
            _CLEAR_REFS.write_text("5")
        except OSError:
            self._sampler = _Sampler()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        peak = _status("VmHWM") if self._sampler is None else self._sampler.stop()
        if self._start is not None and peak is not None:
            self.process_bytes = max(0, peak - self._start)
        if self._device:
            self.device_bytes = int(torch.cuda.max_memory_allocated(self._device))


class _Sampler:
    """Keeps the largest resident size until it is stopped."""

    def __init__(self) -> None:
        self._peak = _status("VmRSS")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="peak-memory", daemon=True)
        self._thread.start()

    def stop(self) -> int | None:
        self._stopped.set()
        self._thread.join()
        return self._peak

    def _sample(self) -> None:
        is_last = False
        while self._peak is not None:
            self._peak = max(self._peak, _status("VmRSS") or 0)
            if is_last:
                return
            is_last = self._stopped.wait(_SAMPLE_SECONDS)


def _status(name: str) -> int | None:
    """A size in bytes from the status of this process; None where there is no such file."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")]
    return found[0] if found else None
