"""What lies below a folder, by name: the one walk that all guesses start from."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.datasets.image_folders import IMAGE_SUFFIXES
from harness.errors import DataError
from harness.phrasing import counted


@dataclass(frozen=True)
class Survey:
    """Names below one folder."""

    folder: Path
    images: tuple[PurePosixPath, ...]
    """Paths below the folder, sorted; what starts with a dot is left out."""
    other_suffixes: tuple[tuple[str, int], ...]
    """``(suffix, count)`` of files that are no images, most frequent first."""

    def seen(self) -> str:
        """The content of the folder in words, for a message."""
        folders = {image.parent for image in self.images}
        named = ", ".join(sorted(folder.as_posix() for folder in folders)[:4])
        more = f" and {len(folders) - 4} more" if len(folders) > 4 else ""
        count = f"{counted(len(self.images), 'image')} in {counted(len(folders), 'folder')}"
        text = f"{count} ({named}{more})" if self.images else "no image"
        others = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in self.other_suffixes[:4])
        return f"{text}; other files: {others}" if others else text


def survey(folder: Path) -> Survey:
    """Walk a folder. Follows links to folders, each folder once.

    Raises:
        DataError: It is not there, is no folder, or a folder in it may not be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected the folder with the images.")
    images: list[PurePosixPath] = []
    others: Counter[str] = Counter()
    visited: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=_refuse):
        status = Path(place).stat()
        if (status.st_dev, status.st_ino) in visited:
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        below = PurePosixPath(Path(place).relative_to(folder).as_posix())
        for name in names:
            suffix = PurePosixPath(name).suffix.lower()
            if name.startswith("."):
                continue
            if suffix in IMAGE_SUFFIXES and (Path(place) / name).is_file():
                images.append(below / name)
            else:
                others[suffix] += 1
    return Survey(folder, tuple(sorted(images)), tuple(others.most_common()))


def _refuse(error: OSError) -> None:
    raise DataError(f"{error.filename}: this folder cannot be read ({error.strerror}).")
