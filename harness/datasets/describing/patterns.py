"""Short patterns for many images, proven against the folder before they are used."""

import glob
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath
from string import digits

from harness.datasets.image_folders import matching

_MAX_LISTED = 3
"""Up to this many folders are written one by one, before a star is tried."""


def patterns_for(folder: Path, images: Collection[PurePosixPath], masks: Collection[PurePosixPath]) -> list[str]:
    """The shortest patterns that match exactly these images, and of other files masks of these images alone.

    Args:
        folder: The data set's folder.
        images: Paths below it; at least one.
        masks: Masks of these images. A reader of the description takes them out by itself.
    """
    wanted = set(images)
    second_choice: list[str] | None = None
    for patterns in _candidates(sorted(wanted)):
        matched = {path.relative_to(folder).as_posix() for pattern in patterns for path in matching(folder, pattern)}
        found = {PurePosixPath(name) for name in matched}
        if found == wanted:
            return patterns
        if wanted < found and found - wanted <= set(masks):
            second_choice = second_choice or patterns
    return second_choice or [glob.escape(image.as_posix()) for image in sorted(wanted)]


def _candidates(images: Sequence[PurePosixPath]) -> list[list[str]]:
    folders = sorted({image.parent for image in images})
    suffixes = sorted({image.suffix for image in images})
    names = ["*" + suffix for suffix in suffixes]
    prefix = _common_beginning([image.name for image in images])
    listed = [[_below(folder, name) for folder in folders for name in names]]
    listed.append([_below(folder, glob.escape(prefix) + name) for folder in folders for name in names])
    if PurePosixPath() not in folders:
        listed.insert(0, [folder.as_posix() for folder in folders])
    starred = []
    for text in _starred(folders):
        starred.append([f"{text}/{name}" for name in names])
        starred.append([f"{text}/{glob.escape(prefix)}{name}" for name in names])
    return [*listed, *starred] if len(folders) <= _MAX_LISTED else [*starred, *listed]


def _below(folder: PurePosixPath, name: str) -> str:
    return name if folder == PurePosixPath() else f"{glob.escape(folder.as_posix())}/{name}"


def _starred(folders: Sequence[PurePosixPath]) -> Iterable[str]:
    """One pattern for folders of equal depth: what differs becomes a star, with and without its beginning."""
    if len({len(folder.parts) for folder in folders}) != 1 or len(folders) < 2:
        return []
    levels = [sorted(set(level)) for level in zip(*(folder.parts for folder in folders), strict=True)]
    with_prefix = [glob.escape(level[0] if len(level) == 1 else _common_beginning(level)) for level in levels]
    stars = ["" if len(level) == 1 else "*" for level in levels]
    plain = [star or text for text, star in zip(with_prefix, stars, strict=True)]
    return ["/".join(text + star for text, star in zip(with_prefix, stars, strict=True)), "/".join(plain)]


def _common_beginning(names: Sequence[str]) -> str:
    """What all names begin with, without the first digits of their numbers."""
    first, last = min(names), max(names)
    length = next((index for index, letter in enumerate(first) if letter != last[index : index + 1]), len(first))
    return first[:length].rstrip(digits)
