"""Feature maps of many images that are kept in a file and not in memory; a process holds the rows that it reads.

Shapes: N images, B of a batch, C channels, H x W positions.
"""

import math
import mmap
import os
import tempfile
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def release(array: NDArray[Any]) -> None:
    """Take the pages of a memory-mapped array out of the memory of this process; they stay in the file.

    The kernel keeps what was read of a mapped file in the process until memory is short. Does nothing to other arrays.
    """
    if isinstance(array.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        array.base.madvise(mmap.MADV_DONTNEED)


def reserve(file: IO[bytes], num_bytes: int) -> None:
    """Take the room on the disk that a file is to have before it is memory-mapped.

    A memory-mapped file has holes until it is written, and a process that writes into a hole for which the disk has no
    room is ended by the system (SIGBUS), without an error that anybody could tell.

    Raises:
        OSError: The disk has no room.
    """
    file.truncate(num_bytes)
    if hasattr(os, "posix_fallocate") and num_bytes:  # not on macOS
        os.posix_fallocate(file.fileno(), 0, num_bytes)


class DiskRows:
    """Maps ``NCHW`` in a temporary file, which goes with the object.

    >>> rows = DiskRows.of([torch.zeros(2, 1, 1, 2), torch.ones(1, 1, 1, 2)], num_rows=3)
    >>> len(rows), rows.shape, rows[torch.tensor([2, 0])].flatten()
    (3, (3, 1, 1, 2), tensor([1., 1., 0., 0.]))
    """

    def __init__(self, values_NHWC: NDArray[Any]) -> None:
        """Args:
        values_NHWC: Memory-mapped.
        """
        self._values_NHWC = values_NHWC

    @classmethod
    def of(cls, batches_BCHW: Iterable[Tensor], num_rows: int) -> "DiskRows":
        """Write batches one after another.

        Args:
            batches_BCHW: On the CPU, of any float type that numpy has.
            num_rows: Of all batches together, at least 1.

        Raises:
            OSError: The disk has no room for all rows.
        """
        values_NHWC: NDArray[Any] | None = None
        done = 0
        # The file has no name, so that nothing is left behind; the mapping keeps it.
        with tempfile.TemporaryFile() as file:
            for batch_BCHW in batches_BCHW:
                # Channels last, as whitening leaves them: the order in memory decides the last bit of sums.
                rows_BHWC = batch_BCHW.permute(0, 2, 3, 1).numpy()
                if values_NHWC is None:
                    shape = (num_rows, *rows_BHWC.shape[1:])
                    reserve(file, math.prod(shape) * rows_BHWC.itemsize)
                    values_NHWC = np.memmap(file, rows_BHWC.dtype, "r+", shape=shape)
                values_NHWC[done : done + len(rows_BHWC)] = rows_BHWC
                done += len(rows_BHWC)
                release(values_NHWC)
        assert values_NHWC is not None, "at least one batch"
        return cls(values_NHWC)

    def __len__(self) -> int:
        return len(self._values_NHWC)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``NCHW``."""
        num_rows, height, width, channels = self._values_NHWC.shape
        return num_rows, channels, height, width

    def __getitem__(self, rows: Tensor | int) -> Tensor:
        """A copy of some rows in memory ``BCHW``, or of one row ``CHW``; its channels lie last."""
        found = torch.from_numpy(np.array(self._values_NHWC[rows.numpy() if isinstance(rows, Tensor) else rows]))
        release(self._values_NHWC)
        return found.movedim(-1, -3)
