"""One bad input: what it is called, and how it is made and read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BadInput:
    name: str
    read: Callable[[Path], object]
    """Makes the input in an empty folder, reads it there as the product does, and returns what was read."""


def written(path: Path, content: str | bytes) -> Path:
    """A new file; missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path
