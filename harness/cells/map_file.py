"""The anomaly maps of a test set on disk, whatever their sizes.

Shapes: Y x X pixels of one image's map.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class MapFile:
    """Maps one after the other in one memory-mapped file; each is read and written in place."""

    def __init__(self, path: Path, sizes_px: Sequence[tuple[int, int]]) -> None:
        """Args:
        path: File to create or overwrite; ends in ``.npy``.
        sizes_px: Height and width of each map.
        """
        self._sizes_px = tuple(sizes_px)
        self._starts = np.concatenate([[0], np.cumsum([height * width for height, width in self._sizes_px])])
        self.values = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(int(self._starts[-1]),))
        """All maps' pixels, one map after the other."""

    def __len__(self) -> int:
        return len(self._sizes_px)

    def __getitem__(self, row: int) -> NDArray[np.float32]:
        """``(Y, X)``, a view of the file."""
        return self.values[self._starts[row] : self._starts[row + 1]].reshape(self._sizes_px[row])

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return (self[row] for row in range(len(self)))
