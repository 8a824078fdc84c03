"""From an archive to a data set in place: unpacked aside, recognised, and moved by one rename."""

import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.datasets import DATASETS
from harness.datasets.archives.archive import extract
from harness.datasets.archives.recognition import recognise
from harness.datasets.archives.writer import Limits, Report
from harness.datasets.describing.survey import survey
from harness.datasets.folder.folder_description import is_dataset_name
from harness.datasets.image_folders import folders_in
from harness.errors import DataError

DEFAULT_MAX_GB = 100.0
DEFAULT_MAX_FILES = 1_000_000
_MAX_DEPTH = 3
_MAX_FOLDERS = 64
"""On one level; wrappers of a data set are few."""
_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True)
class Unpacked:
    """An archive in place."""

    folder: Path
    dataset: str | None
    """Name of the known data set that it is; None if its layout is unknown."""
    num_files: int
    num_bytes: int
    seen: str
    """What is in the folder, in words."""


@dataclass(frozen=True)
class _Recognised:
    dataset: str
    folder: Path


def unpack(
    archive: Path,
    root: Path,
    *,
    name: str | None = None,
    max_gb: float = DEFAULT_MAX_GB,
    max_files: int = DEFAULT_MAX_FILES,
    report: Report = lambda files, size: None,
) -> Unpacked:
    """Unpack an archive below the data root, under the name of the data set that it holds.

    Everything is written to a hidden folder beside the target, which is renamed at the end and
    removed on any error, so that a half-written data set is never seen.

    Args:
        archive: zip, tar, tar.gz, tar.bz2 or tar.xz.
        root: The data root; made if it is not there.
        name: What to call it; chooses where several known layouts fit. Where None, a known data set
            gets its name and any other folder its own or that of the archive.
        max_gb: Limit on what is written, in 10^9 bytes.
        max_files: Limit on files and folders.
        report: Told about progress.

    Raises:
        DataError: The archive is refused (see `archive.extract`), holds several known data sets, or
            the target is there already.
    """
    if not math.isfinite(max_gb):
        raise DataError(f"max_gb: expected a number of gigabytes, e.g. 100, got {max_gb}.")
    if name is not None:
        _check_name(name)
        _check_absent(root / name)
    with _scratch(root) as scratch:
        extracted = extract(archive, scratch, Limits(int(max_gb * 1e9), max_files), report)
        known = _known(archive, scratch, name)
        if known is not None:
            source, target = known.folder, DATASETS.get(known.dataset)().folder(root)
        else:
            source = _without_wrapper(scratch)
            target = root / (name or _own_name(archive, scratch, source))
            if target.name in DATASETS.names():
                raise DataError(
                    f"{archive}: does not have the layout of {target.name} ({survey(source).seen()}). Expected: "
                    f"{DATASETS.get(target.name)().info.layout}. --name NAME gives it another name."
                )
        seen = survey(source).seen()
        _check_absent(target)
        source.rename(target)
    return Unpacked(
        folder=target,
        dataset=known.dataset if known else None,
        num_files=extracted.num_files,
        num_bytes=extracted.num_bytes,
        seen=seen,
    )


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        outer = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=root))
    except OSError as error:
        raise DataError(f"{root}: cannot be written ({error.strerror}); --data DIR chooses another place.") from error
    try:
        # Inside, since the outer one is for this user alone.
        inner = outer / "content"
        inner.mkdir()
        yield inner
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _known(archive: Path, scratch: Path, name: str | None) -> _Recognised | None:
    """The known data set in an unpacked archive: the folder nearest to the top that has its layout."""
    level = [scratch]
    for _ in range(_MAX_DEPTH + 1):
        if len(level) > _MAX_FOLDERS:
            return None
        found = [_Recognised(dataset, folder) for folder in level for dataset in recognise(folder)]
        named = [known for known in found if name in (None, known.dataset)]
        if len(named) == 1:
            return named[0]
        if named:
            places = ", ".join(f"{known.folder.relative_to(scratch).as_posix()} as {known.dataset}" for known in named)
            raise DataError(f"{archive}: holds several known data sets ({places}); --name NAME chooses one.")
        if found:
            return None
        level = [folder for above in level for folder in folders_in(above)]
    return None


def _without_wrapper(scratch: Path) -> Path:
    """The first folder that holds more than one other folder and nothing else."""
    folder = scratch
    while len(entries := list(folder.iterdir())) == 1 and entries[0].is_dir():
        folder = entries[0]
    return folder


def _own_name(archive: Path, scratch: Path, source: Path) -> str:
    if source != scratch and is_dataset_name(source.name) and not source.name.startswith("."):
        return source.name
    suffix = next((suffix for suffix in reversed(_SUFFIXES) if archive.name.lower().endswith(suffix)), "")
    name = archive.name[: len(archive.name) - len(suffix)]
    _check_name(name)
    return name


def _check_name(name: str) -> None:
    if not is_dataset_name(name) or name.startswith("."):
        raise DataError(f"{name!r} cannot be the name of a data set; expected a word such as 'castings' for --name.")


def _check_absent(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise DataError(f"{target}: exists already and is not overwritten; move it away first.")
