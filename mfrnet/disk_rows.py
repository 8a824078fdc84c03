"""Tensors of many images that are kept in a file and not in memory; a process holds the rows that it reads.

Shapes: N images, C channels, H x W positions.
"""

import mmap
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

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


class DiskRows:
    """Rows of equal shape in a temporary file, which goes with the object.

    >>> rows = DiskRows.of([torch.zeros(2, 3), torch.ones(1, 3)], num_rows=3)
    >>> len(rows), rows.shape, rows[torch.tensor([2, 0])]
    (3, (3, 3), tensor([[1., 1., 1.],
            [0., 0., 0.]]))
    """

    def __init__(self, values_N: NDArray[Any]) -> None:
        """Args:
        values_N: Memory-mapped; the first axis is that of the rows.
        """
        self._values_N = values_N

    @classmethod
    def of(cls, batches: Iterable[Tensor], num_rows: int) -> "DiskRows":
        """Write batches one after another.

        Args:
            batches: Tensors on the CPU, equal but for the length of their first axis.
            num_rows: Of all batches together, at least 1.
        """
        values_N: NDArray[Any] | None = None
        done = 0
        with tempfile.TemporaryFile() as file:
            for batch in batches:
                rows = batch.numpy()
                if values_N is None:
                    # The file has no name, so that nothing is left behind; the mapping keeps it.
                    values_N = np.memmap(file, rows.dtype, "w+", shape=(num_rows, *rows.shape[1:]))
                values_N[done : done + len(rows)] = rows
                done += len(rows)
                release(values_N)
        assert values_N is not None, "at least one batch"
        return cls(values_N)

    def __len__(self) -> int:
        return len(self._values_N)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all rows."""
        return self._values_N.shape

    def __getitem__(self, rows: Tensor | Sequence[int] | int) -> Tensor:
        """A copy of some rows in memory, or of one row without the first axis."""
        found = torch.from_numpy(np.array(self._values_N[rows.numpy() if isinstance(rows, Tensor) else rows]))
        release(self._values_N)
        return found
