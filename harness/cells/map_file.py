"""The anomaly maps of a test set on disk, whatever their sizes.

Shapes: Y x X pixels of one image's map.
"""

from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from mfrnet.disk_rows import reserve


class MapFile:
    """Maps one after the other in one memory-mapped file; each is read and written in place."""

    def __init__(self, file: IO[bytes], sizes_px: Sequence[tuple[int, int]]) -> None:
        """Args:
        file: Empty, open to be read and written, e.g. a ``tempfile.TemporaryFile``.
        sizes_px: Height and width of each map.

        Raises:
            OSError: The disk has no room for all maps.
        """
        self._sizes_px = tuple(sizes_px)
        self._starts = np.concatenate([[0], np.cumsum([height * width for height, width in self._sizes_px])])
        shape = (int(self._starts[-1]),)
        reserve(file, shape[0] * np.dtype(np.float32).itemsize)
        self.values = np.memmap(file, np.float32, "r+", shape=shape)
        """All maps' pixels, one map after the other."""

    def __len__(self) -> int:
        return len(self._sizes_px)

    def __getitem__(self, row: int) -> NDArray[np.float32]:
        """``(Y, X)``, a view of the file."""
        return self.values[self._starts[row] : self._starts[row + 1]].reshape(self._sizes_px[row])

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return (self[row] for row in range(len(self)))
