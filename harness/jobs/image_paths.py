"""The image files that a user names: files, folders, patterns, lines of a stream, and files that are still to come."""

import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.datasets.image_folders import IMAGE_SUFFIXES
from harness.errors import DataError

NamedPath = tuple[Path, Path]
"""A file, and its name relative to the folder that was given, or its own."""
_POLL_SECONDS = 0.5


def named_images(paths: Sequence[Path]) -> list[NamedPath]:
    """Images of files, folders (at any depth) and patterns, in the order given and sorted within.

    A file that is not there is listed, because whoever judges it tells the reason.

    Raises:
        DataError: There is none.
    """
    chosen = [each for path in paths for each in _expanded(path)]
    if not chosen:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise DataError(f"No image in {', '.join(map(str, paths)) or 'an empty list'}; expected {suffixes} files.")
    return chosen


def streamed_images(lines: Iterable[str]) -> Iterator[NamedPath | None]:
    """Paths, one a line, as they come; None whenever the next one is not there yet."""
    waiting: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()

    def read() -> None:
        try:
            for line in lines:
                waiting.put(line.rstrip("\n"))
        except Exception as error:
            waiting.put(error)
        else:
            waiting.put(None)

    threading.Thread(target=read, name="paths", daemon=True).start()
    while True:
        try:
            line = waiting.get_nowait()
        except queue.Empty:
            yield None
            line = waiting.get()
        if isinstance(line, Exception):
            raise line
        if line is None:
            return
        if line:
            yield Path(line), Path(Path(line).name)


def arriving_images(folder: Path) -> Iterator[NamedPath | None]:
    """Images that are or appear in a folder, each once its size no longer changes; None after each look. Never ends."""
    done: set[Path] = set()
    sizes: dict[Path, int] = {}
    while True:
        for path in _images_below(folder):
            if path in done:
                continue
            try:
                size = path.stat().st_size
            except OSError:
                continue  # it was moved away
            if sizes.get(path) == size:
                done.add(path)
                del sizes[path]
                yield path, path.relative_to(folder)
            else:
                sizes[path] = size
        yield None
        time.sleep(_POLL_SECONDS)


def _expanded(path: Path) -> list[NamedPath]:
    if path.is_dir():
        return [(each, each.relative_to(path)) for each in _images_below(path)]
    if path.exists() or not any(mark in str(path) for mark in "*?["):
        return [(path, Path(path.name))]
    matched = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not matched:
        raise DataError(f"{path}: no file matches this pattern.")
    return [pair for each in matched for pair in _expanded(each)]


def _images_below(folder: Path) -> list[Path]:
    # os.walk passes over folders that vanish meanwhile; Path.rglob does not.
    return sorted(
        path
        for parent, _, names in os.walk(folder)
        for name in names
        if (path := Path(parent, name)).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".") and path.is_file()
    )
