"""What is wrong with the folder of a submission, by the published rules and two of ours.

The published rules are those that the data set's ``check_and_prepare_data_for_upload.py`` applies before an upload:
exactly these folders and files, float16 maps and 0/255 masks of one channel. Ours are that both have the size of their
image, and that maps are finite.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from harness.phrasing import counted
from harness.submissions.folder import MAPS, MASKS, SUFFIX_OF, PrivateImage

_MAX_NAMED = 4


def submission_faults(folder: Path, images: Sequence[PrivateImage]) -> Iterator[str]:
    """Everything that a server would refuse or misread, one line each; reads one file at a time.

    Args:
        folder: Of the submission.
        images: Every image that it must answer.
    """
    if not folder.is_dir():
        yield f"{folder}: no such folder"
        return
    yield from _name_faults(folder, [MAPS, MASKS], "folder")
    groups = sorted({image.group for image in images})
    for kind in (MAPS, MASKS):
        if not (folder / kind).is_dir():
            continue
        yield from _name_faults(folder / kind, groups, "folder")
        for group, of_group in groupby(sorted(images), key=lambda image: image.group):
            place, parts = folder / kind / group, list(of_group)
            if place.is_dir():
                yield from _name_faults(place, sorted({image.part for image in parts}), "folder")
                for part, wanted in groupby(parts, key=lambda image: image.part):
                    if (place / part).is_dir():
                        yield from _file_faults(place / part, list(wanted), kind)


def _file_faults(place: Path, images: Sequence[PrivateImage], kind: str) -> Iterator[str]:
    suffix = SUFFIX_OF[kind]
    yield from _name_faults(place, [f"{image.stem}{suffix}" for image in images], "file")
    for image in images:
        path = place / f"{image.stem}{suffix}"
        if path.is_file():
            reason = _map_fault(path, image.size_px) if kind == MAPS else _mask_fault(path, image.size_px)
            if reason is not None:
                yield f"{path}: {reason}"


def _name_faults(place: Path, wanted: Collection[str], what: str) -> Iterator[str]:
    """Names that are missing or not expected in a folder, and files with another suffix than they should have."""
    entries = {entry.name: entry.is_dir() for entry in place.iterdir()}
    found = {name for name, is_folder in entries.items() if is_folder == (what == "folder")}
    missing = sorted(set(wanted) - found)
    others = sorted(entries.keys() - (found & set(wanted)))
    if what == "file":
        of_stem = {Path(name).stem: name for name in missing}
        misnamed = {name: of_stem[Path(name).stem] for name in others if Path(name).stem in of_stem}
        for name, right in misnamed.items():
            yield f"{place / name}: expected the name {right}"
        others = [name for name in others if name not in misnamed]
        missing = [name for name in missing if name not in misnamed.values()]
    if missing or others:
        told = [f"expected {counted(len(wanted), what)}, found {len(entries)}"]
        told += [f"missing {_some(missing)}"] if missing else []
        told += [f"not expected: {_some(others)}"] if others else []
        yield f"{place}: {'; '.join(told)}"


def _map_fault(path: Path, size_px: tuple[int, int]) -> str | None:
    try:
        values = tifffile.imread(path)
    # Damage ends in TiffFileError, ValueError, struct.error and others.
    except Exception as error:
        return f"cannot be read as TIFF ({' '.join(str(error).split()) or type(error).__name__})"
    if values.dtype != np.float16:
        return f"expected float16, got {values.dtype}"
    if values.ndim != 2:
        return f"expected one channel, got an array of shape {values.shape}"
    if values.shape != size_px:
        return f"expected {_size(size_px)} as its image, got {_size(values.shape)}"
    if not np.isfinite(values).all():
        return f"{counted(int((~np.isfinite(values)).sum()), 'value')} of its map are NaN or infinite"
    return None


def _mask_fault(path: Path, size_px: tuple[int, int]) -> str | None:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            mode, values = image.mode, np.asarray(image)
    except Exception as error:
        return f"cannot be read as PNG ({' '.join(str(error).split()) or type(error).__name__})"
    if mode != "L":
        return f"expected one channel of 8 bits (mode L), got mode {mode}"
    if values.shape != size_px:
        return f"expected {_size(size_px)} as its image, got {_size(values.shape)}"
    others = sorted(set(np.unique(values).tolist()) - {0, 255})
    if others:
        return f"expected the values 0 and 255, got {_some([str(value) for value in others])} too"
    return None


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _size(size_px: tuple[int, ...]) -> str:
    return f"{size_px[0]} x {size_px[1]} pixels (height x width)"
