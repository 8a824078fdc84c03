"""Reading files that others wrote, without trusting how large they are."""

import errno
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
