"""Images of one category at one size, decoded on access."""

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.environment import num_cores
from harness.images.corruption import Corruption
from harness.images.reading import read_rgb
from harness.images.resizing import resize_rgb
from harness.images.view import View
from harness.phase_clock import DECODE, phase

_DECODING_THREADS = 4


@dataclass(frozen=True)
class ImageSet:
    """An immutable sequence of images of one size, holding paths and not pixels.

    An item is a whole image or a view of one: a tile, or an image padded by repeating its edge. Methods treat them
    alike. Decoded images are not kept, so memory holds one batch and the next one. Can be pickled.
    """

    ids: tuple[str, ...]
    """Names that do not depend on the machine, in the order of the items; tiles have that of their image."""
    paths: tuple[Path, ...]
    size_px: tuple[int, int]
    """Height and width of every item."""
    key: str
    """Names the content: equal keys mean equal images in equal order, before they are resized or cut."""
    views: tuple[View, ...] | None = None
    """What each item shows of its image; None where each is a whole image resized to ``size_px``."""
    base: "ImageSet | None" = None
    """The set this one was selected from; None for a set of its own."""
    rows: tuple[int, ...] | None = None
    """Positions in ``base``, in order; None for a set of its own."""
    corruptions: tuple[Corruption, ...] | None = None
    """What happens to the image of each item when it is read; part of ``key``. None where images stay as they are."""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.paths):
            raise ValueError(
                f"An image set needs one path for each id; got {len(self.ids)} ids, {len(self.paths)} paths."
            )
        for what, each in (("view", self.views), ("corruption", self.corruptions)):
            if each is not None and len(self.ids) != len(each):
                raise ValueError(
                    f"An image set needs one {what} for each id; got {len(self.ids)} ids, {len(each)} {what}s."
                )
        if min(self.size_px) < 1:
            raise ValueError(f"An image set needs a positive height and width in pixels, got {self.size_px}.")

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """One item, ``(H, W, 3)``, 0 to 255.

        Raises:
            DataError: The file cannot be read.
            IndexError: No such item.
        """
        with phase(DECODE):
            return self._read([index])[0]

    def view(self, index: int) -> View:
        """What an item shows of its image."""
        return View(self.size_px, (0, 0)) if self.views is None else self.views[index]

    def images(self) -> tuple[range, ...]:
        """The items of each image, in order: one, or as many as it has tiles.

        Items of one image are expected side by side, as they are in a set that was not shuffled.
        """
        return tuple(range(run[0], run[-1] + 1) for run in self._runs(self.ids))

    def batches(self, batch_size: int) -> Iterator[NDArray[np.uint8]]:
        """All items in order, ``(B, H, W, 3)``; the last batch may be smaller.

        The next batch is decoded in threads while the caller works on this one. Tiles of an image that
        follow each other are cut from one decoding.

        Args:
            batch_size: Items in one array, at least 1.

        Raises:
            DataError: A file cannot be read.
            ValueError: ``batch_size`` is below 1.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}.")
        return self._decode_ahead(batch_size)

    def _decode_ahead(self, batch_size: int) -> Iterator[NDArray[np.uint8]]:
        threads = min(_DECODING_THREADS, num_cores())
        executor = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        starts = range(0, len(self), batch_size)
        waiting: deque[list[Future[list[NDArray[np.uint8]]]]] = deque()
        try:
            for number in range(len(starts)):
                for start in starts[number + len(waiting) : number + 2]:
                    paths = self.paths[start : start + batch_size]
                    waiting.append(
                        [executor.submit(self._read, [start + row for row in run]) for run in self._runs(paths)]
                    )
                with phase(DECODE):
                    batch = np.stack([item for run in waiting.popleft() for item in run.result()])
                yield batch
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def _read(self, run: Sequence[int]) -> list[NDArray[np.uint8]]:
        """Items of one file, which is decoded once."""
        views = [self.view(index) for index in run]
        corruption = None if self.corruptions is None else self.corruptions[run[0]]
        scaled = read_scaled(self.paths[run[0]], {view.scaled_px for view in views}, corruption)
        return [view.cut(scaled[view.scaled_px], self.size_px) for view in views]

    @staticmethod
    def _runs(names: Sequence[str | Path]) -> Iterator[list[int]]:
        """Positions of equal neighbours."""
        for _, run in groupby(range(len(names)), key=names.__getitem__):
            yield list(run)

    def select(self, indices: Iterable[int]) -> "ImageSet":
        """The items at ``indices``, in that order, under a key that follows from both.

        Raises:
            IndexError: No such item.
        """
        chosen = [range(len(self))[index] for index in indices]
        text = f"{self.key}|{','.join(map(str, chosen))}"
        return ImageSet(
            ids=tuple(self.ids[index] for index in chosen),
            paths=tuple(self.paths[index] for index in chosen),
            size_px=self.size_px,
            key=hashlib.sha256(text.encode()).hexdigest(),
            views=None if self.views is None else tuple(self.views[index] for index in chosen),
            base=self.base or self,
            rows=tuple(chosen if self.rows is None else (self.rows[index] for index in chosen)),
            corruptions=None if self.corruptions is None else tuple(self.corruptions[index] for index in chosen),
        )


def read_scaled(
    path: Path, sizes_px: Collection[tuple[int, int]], corruption: Corruption | None = None
) -> dict[tuple[int, int], NDArray[np.uint8]]:
    """An image at some sizes, corrupted if it is to be; the file is decoded once.

    Args:
        path: Of the image.
        sizes_px: Heights and widths wanted.
        corruption: None leaves the image as it is.

    Returns:
        Size to ``(*size, 3)``, 0 to 255.

    Raises:
        DataError: The file cannot be read.
    """
    pixels_HW3 = read_rgb(path)
    if corruption is None:
        return {size: resize_rgb(pixels_HW3, size) for size in sizes_px}
    moved_HW3 = corruption.moved(pixels_HW3)
    return {size: corruption.degraded(resize_rgb(moved_HW3, size)) for size in sizes_px}
