"""One bad input: what it is called, and how it is made and read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BadInput:
    name: str
    read: Callable[[Path], object]
    """Makes the input in an empty folder, reads it there as the product does, and returns what was read."""


_HASH = re.compile(r"\b[0-9a-f]{12}\.\.\.")


def told(error: Exception) -> str:
    """The line of an error, the same on every machine: without this folder, and without hashes.

    The hash is that of a bundle, whose last bits depend on the processor and its threads.
    """
    return _HASH.sub("HASH...", str(error).replace(str(Path.cwd()), "TMP"))


def written(path: Path, content: str | bytes) -> Path:
    """A new file; missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path
