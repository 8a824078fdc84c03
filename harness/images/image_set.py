"""Images of one category at one size, decoded when looked at."""

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.images.reading import read_rgb
from harness.images.resizing import resize_rgb

_DECODING_THREADS = 4


@dataclass(frozen=True)
class ImageSet:
    """An immutable sequence of images of one size, holding paths and not pixels.

    Nothing is kept between two looks at the same image; memory use is that of one batch and the
    one being prepared. Can be pickled.
    """

    ids: tuple[str, ...]
    """Names that do not depend on the machine, in the order of the images."""
    paths: tuple[Path, ...]
    size_px: tuple[int, int]
    """Height and width every image is resized to."""
    key: str
    """Names the content: equal keys mean equal images in equal order, before resizing."""
    base: "ImageSet | None" = None
    """The set this one was selected from; None for a set of its own."""
    rows: tuple[int, ...] | None = None
    """Positions in ``base``, in order; None for a set of its own."""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.paths):
            raise ValueError(
                f"An image set needs one path an id; there are {len(self.ids)} ids, {len(self.paths)} paths."
            )
        if min(self.size_px) < 1:
            raise ValueError(f"An image set needs a positive height and width in pixels, not {self.size_px}.")

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """One image, ``(H, W, 3)``, 0 to 255.

        Raises:
            DataError: The file cannot be read.
            IndexError: No such image.
        """
        return resize_rgb(read_rgb(self.paths[index]), self.size_px)

    def batches(self, batch_size: int) -> Iterator[NDArray[np.uint8]]:
        """All images in order, ``(B, H, W, 3)``; the last batch may be smaller.

        The next batch is decoded in threads while the caller works on this one.

        Args:
            batch_size: Images in one array, at least 1.

        Raises:
            DataError: A file cannot be read.
            ValueError: ``batch_size`` is below 1.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}.")
        return self._decode_ahead(batch_size)

    def _decode_ahead(self, batch_size: int) -> Iterator[NDArray[np.uint8]]:
        threads = min(_DECODING_THREADS, os.cpu_count() or 1)
        executor = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        waiting: deque[Future[NDArray[np.uint8]]] = deque()
        try:
            submitted = 0
            for start in range(0, len(self), batch_size):
                while submitted < min(start + 2 * batch_size, len(self)):
                    waiting.append(executor.submit(self.__getitem__, submitted))
                    submitted += 1
                count = min(batch_size, len(self) - start)
                yield np.stack([waiting.popleft().result() for _ in range(count)])
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def select(self, indices: Iterable[int]) -> "ImageSet":
        """The images at ``indices``, in that order, under a key that follows from both.

        Raises:
            IndexError: No such image.
        """
        chosen = [range(len(self))[index] for index in indices]
        text = f"{self.key}|{','.join(map(str, chosen))}"
        return ImageSet(
            ids=tuple(self.ids[index] for index in chosen),
            paths=tuple(self.paths[index] for index in chosen),
            size_px=self.size_px,
            key=hashlib.sha256(text.encode()).hexdigest(),
            base=self.base or self,
            rows=tuple(chosen if self.rows is None else (self.rows[index] for index in chosen)),
        )
