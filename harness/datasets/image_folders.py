"""Image files of a folder, in a fixed order, and samples whose ids do not depend on the machine."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.errors import DataError, UnknownNameError, is_plain

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})

GOOD = "good"
"""Defect kind of a normal image."""


def images_in(folder: Path) -> list[Path]:
    """Image files directly below ``folder``, sorted by name; none if there is no such folder.

    A broken link counts as a file; reading it raises an error that names it.

    Raises:
        DataError: The folder cannot be listed.
    """
    return [path for path in _entries(folder, want_folders=False) if path.suffix.lower() in IMAGE_SUFFIXES]


def folders_in(folder: Path) -> list[Path]:
    """Folders directly below ``folder``, sorted by name; none if there is no such folder.

    Raises:
        DataError: The folder cannot be listed.
    """
    return _entries(folder, want_folders=True)


def matching(folder: Path, pattern: str) -> Iterator[Path]:
    """Image files that a pattern of a ``dataset.toml`` names, unsorted.

    Args:
        folder: The data set's folder.
        pattern: A folder below it, for the images directly in it, or a glob pattern.
    """
    if (folder / pattern).is_dir():
        yield from images_in(folder / pattern)
        return
    for path in folder.glob(pattern):
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file():
            yield path


def _entries(folder: Path, *, want_folders: bool) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            # Names with a leading dot come from file managers and archivers and are never data.
            names = [e.name for e in entries if not e.name.startswith(".") and _is_folder(e) == want_folders]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed ({error.strerror}).") from error
    return [folder / name for name in sorted(names)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def check_category(dataset: str, category: str, known: Iterable[str]) -> None:
    """Refuse a category that the data set does not have.

    Raises:
        UnknownNameError: ``category`` is not among ``known``.
    """
    known = tuple(known)
    if category not in known:
        raise UnknownNameError.of(f"category of {dataset}", category, known)


def _is_below(path: str) -> bool:
    return bool(path) and is_plain(path) and not path.startswith("/") and ".." not in path.split("/")


def path_below(where: str, value: object) -> str:
    """Check that a path in a list of images stays inside the data set's folder.

    Args:
        where: File and row, for the message.
        value: The value there.

    Raises:
        DataError: Not a text, empty, absolute, with ``..`` in it, or with characters that no name has.
    """
    if not isinstance(value, str) or not _is_below(value):
        raise DataError(f"{where}: expected a path below the data set's folder, got {value!r}.")
    return value


def normal_sample(base: Path, image: Path, *, part: str | None = None) -> Sample:
    """A normal image; its id is the path below ``base``, the data set's folder. For ``part`` see `Sample`."""
    name = image.relative_to(base).as_posix()
    return Sample(id=name, image=image, mask=None, is_defect=False, defect_kind=GOOD, part=part)


def defect_sample(
    base: Path, image: Path, *masks: Path, kind: str, masks_hold_labels: bool = False, part: str | None = None
) -> Sample:
    """A defect image with the paths of its masks, which need not exist.

    Args:
        base: The data set's folder, which the id is relative to.
        image: The image.
        masks: Empty if the data set has no masks.
        kind: The data set's own word.
        masks_hold_labels: See `Sample`.
        part: See `Sample`.
    """
    return Sample(
        id=image.relative_to(base).as_posix(),
        image=image,
        mask=masks[0] if masks else None,
        is_defect=True,
        defect_kind=kind,
        further_masks=masks[1:],
        masks_hold_labels=masks_hold_labels,
        part=part,
    )


def mvtec_split(base: Path, category: str, mask_suffixes: Sequence[str] = ("_mask",)) -> Split:
    """The split of a category laid out as MVTec AD is: ``train/good``, ``test/<kind>``, ``ground_truth/<kind>``.

    Args:
        base: The data set's folder.
        category: Folder below ``base``.
        mask_suffixes: What the stem of a mask may have more than that of its image; the first that is there counts.
    """
    folder = base / category
    test: list[Sample] = []
    for kind in folders_in(folder / "test"):
        for image in images_in(kind):
            if kind.name == GOOD:
                test.append(normal_sample(base, image))
            else:
                truth = folder / "ground_truth" / kind.name
                masks = [truth / f"{image.stem}{suffix}.png" for suffix in mask_suffixes]
                mask = next((path for path in masks if path.is_file()), masks[0])
                test.append(defect_sample(base, image, mask, kind=kind.name))
    train = tuple(normal_sample(base, image) for image in images_in(folder / "train" / GOOD))
    return Split(train=train, test=tuple(test))


def mvtec_files(base: Path, category: str) -> list[Path]:
    """Every image and mask of a category laid out as MVTec AD is, in no particular order."""
    parts = [base / category / "train" / GOOD]
    for part in ("test", "ground_truth"):
        parts += folders_in(base / category / part)
    return [path for folder in parts for path in images_in(folder)]


def not_installed(info: DatasetInfo, folder: Path) -> DataError:
    """The error for a data set that is not installed: the folder, the expected layout, and the source."""
    where = f" Source: {info.homepage}" if info.homepage else ""
    return DataError(f"Data set {info.name!r} is not in {folder}. Expected: {info.layout}.{where}")
