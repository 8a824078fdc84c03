"""Reading files that others wrote, without trusting how large they are."""

import csv
import errno
from collections.abc import Iterable, Iterator
from pathlib import Path


def read_limited(path: Path, max_bytes: int) -> bytes:
    """The content of a file, or an error as soon as it is known to be too large; so ``/dev/zero`` ends too.

    Args:
        path: Any file.
        max_bytes: The largest content that is accepted, and about the memory that this takes.

    Raises:
        OSError: The file cannot be read or is too large; ``strerror`` says which.

    >>> read_limited(Path("/dev/zero"), 1_000_000)
    Traceback (most recent call last):
        ...
    OSError: [Errno 27] more than 1 MB: '/dev/zero'
    """
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"more than {max_bytes / 1e6:g} MB", str(path))
    return content


class LimitedCsv:
    """``csv.reader`` with a limit of its own on fields; that of Python is one for all, and some libraries raise it."""

    def __init__(self, lines: Iterable[str], max_field: int = 131_072, *, strict: bool = False) -> None:
        """Args:
        lines: As ``csv.reader`` takes them.
        max_field: Most characters of a field; a longer one is a ``csv.Error``.
        strict: Whether bad quoting is a ``csv.Error``.

        >>> list(LimitedCsv(["image,part", "a.png,train"]))
        [['image', 'part'], ['a.png', 'train']]
        """
        self._reader = csv.reader(lines, strict=strict)
        self._max_field = max_field

    @property
    def line_num(self) -> int:
        """Lines read so far."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        before = csv.field_size_limit(self._max_field)
        try:
            return next(self._reader)
        finally:
            csv.field_size_limit(before)
