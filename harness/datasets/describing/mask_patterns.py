"""Which image files are masks, and how the name of a mask follows from the name of its image."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

import numpy as np

from harness.datasets.describing.survey import Survey
from harness.datasets.describing.words import Word, without_mask_word, words_in
from harness.errors import DataError
from harness.images import read_rgb

_T = TypeVar("_T")

_NUM_LOOKED_AT = 8
"""Files decoded to decide whether their kind is masks."""
_NUM_VOTING = 60
"""Images whose possible masks are compared to find the pattern."""
_MAX_CANDIDATES = 200
_NEAR_ENDS = 16
_TWO_VALUED_SHARE = 0.98


@dataclass(frozen=True)
class FoundMasks:
    """Files that are masks, with the reason."""

    files: frozenset[PurePosixPath]
    reason: str
    """Empty if there are none."""


@dataclass(frozen=True)
class LabelledImage:
    """An image with the kind that stands for it in a pattern."""

    path: PurePosixPath
    kind: str


def find_masks(survey: Survey) -> FoundMasks:
    """Masks by the name of a folder, by the name of the file, or by pixels of two values, in this order."""
    for find in (_by_folder, _by_name, _by_suffix, _by_pixels):
        found = find(survey)
        if found.files and len(found.files) < len(survey.images):
            return found
    return FoundMasks(frozenset(), "")


def find_pattern(images: Sequence[LabelledImage], masks: Collection[PurePosixPath]) -> tuple[str | None, int]:
    """The pattern, as in ``dataset.toml``, that names masks of most images and no mask twice.

    Returns:
        The pattern and how many of ``images`` have a mask under it; ``(None, 0)`` if there is none.
    """
    known = set(masks)
    by_core: defaultdict[str, list[PurePosixPath]] = defaultdict(list)
    for mask in sorted(known):
        by_core[mask.stem].append(mask)
        if without_mask_word(mask.stem) != mask.stem:
            by_core[without_mask_word(mask.stem)].append(mask)
    votes: Counter[str] = Counter()
    step = max(1, len(images) // _NUM_VOTING)
    for image in images[::step]:
        candidates = by_core.get(image.path.stem, [])
        near = [mask for mask in candidates if mask.parent == image.path.parent]
        for mask in (near or candidates)[:_MAX_CANDIDATES]:
            votes.update(_patterns(image, mask))
    best: tuple[int, int, str] | None = None
    for pattern, _ in votes.most_common(12):
        covered = [path for path in (mask_path(pattern, image) for image in images) if path in known]
        if len(set(covered)) == len(covered) and covered:
            # Of equal ones, the shortest says least about single folders.
            rank = (len(covered), -len(pattern), pattern)
            best = max(best, rank) if best else rank
    return (best[2], best[0]) if best else (None, 0)


def mask_path(pattern: str, image: LabelledImage) -> PurePosixPath:
    """Where the pattern says the mask of an image is."""
    folder = image.path.parent.as_posix()
    return PurePosixPath(pattern.format(stem=image.path.stem, kind=image.kind, folder=folder))


def _by_folder(survey: Survey) -> FoundMasks:
    in_mask_folder = {image: _mask_folder(image) for image in survey.images}
    files = frozenset(image for image, name in in_mask_folder.items() if name)
    names = sorted({name for name in in_mask_folder.values() if name})
    return FoundMasks(files | _by_name(survey).files, f"folders called {', '.join(names[:3])}") if files else _NO_MASKS


def _mask_folder(image: PurePosixPath) -> str:
    return next((part for part in image.parent.parts if Word.MASK in words_in(part)), "")


def _by_name(survey: Survey) -> FoundMasks:
    present = {(image.parent, image.stem) for image in survey.images}
    files: set[PurePosixPath] = set()
    for image in survey.images:
        core = without_mask_word(image.stem)
        if core != image.stem and (image.parent, core) in present:
            files.add(image)
    if not files:
        return _NO_MASKS
    example = min(files)
    return FoundMasks(frozenset(files), f"names such as {example.name} beside {without_mask_word(example.stem)}")


def _by_suffix(survey: Survey) -> FoundMasks:
    """Of two files with one stem, such as ``a.jpg`` and ``a.png``, the one with two values."""
    twins: defaultdict[tuple[PurePosixPath, str], list[PurePosixPath]] = defaultdict(list)
    for image in survey.images:
        twins[image.parent, image.stem].append(image)
    pairs: defaultdict[tuple[str, str], list[tuple[PurePosixPath, PurePosixPath]]] = defaultdict(list)
    for files in twins.values():
        if len(files) == 2 and files[0].suffix != files[1].suffix:
            first, second = sorted(files, key=lambda path: path.suffix)
            pairs[first.suffix, second.suffix].append((first, second))
    masks: set[PurePosixPath] = set()
    reasons = []
    for (first_suffix, second_suffix), found in pairs.items():
        first_two, second_two = (
            _are_two_valued(survey.folder, [pair[side] for pair in _spread(found)]) for side in (0, 1)
        )
        if first_two != second_two:
            masks.update(pair[0 if first_two else 1] for pair in found)
            mask_suffix, image_suffix = (first_suffix, second_suffix) if first_two else (second_suffix, first_suffix)
            reasons.append(f"{mask_suffix} files of two values beside {image_suffix} files of the same name")
    return FoundMasks(frozenset(masks), "; ".join(reasons))


def _by_pixels(survey: Survey) -> FoundMasks:
    """Folders whose files have two values only, and the names of files elsewhere."""
    by_folder: defaultdict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    folders_of_stem: defaultdict[str, set[PurePosixPath]] = defaultdict(set)
    for image in survey.images:
        by_folder[image.parent].append(image)
        folders_of_stem[image.stem].add(image.parent)
    masks: set[PurePosixPath] = set()
    names = []
    for folder, files in by_folder.items():
        has_twins = all(len(folders_of_stem[file.stem]) > 1 for file in files)
        if has_twins and not _says_something(folder) and _are_two_valued(survey.folder, _spread(files)):
            masks.update(files)
            names.append(folder.as_posix())
    return FoundMasks(frozenset(masks), f"images of two values in {', '.join(names[:3])}" if masks else "")


def _says_something(folder: PurePosixPath) -> bool:
    words = {word for part in folder.parts for word in words_in(part)}
    return bool(words & {Word.GOOD, Word.TRAIN, Word.TEST, Word.VALIDATION})


def _patterns(image: LabelledImage, mask: PurePosixPath) -> Iterable[str]:
    before, _, after = mask.stem.partition(image.path.stem)
    name = f"{_literal(before)}{{stem}}{_literal(after)}{_literal(mask.suffix)}"
    own, its = image.path.parent.parts, mask.parent.parts
    literal = [_literal(part) for part in its]
    yield "/".join([*literal, name])
    if image.kind in its:
        yield "/".join(["{kind}" if part == image.kind else _literal(part) for part in its] + [name])
    # The folder of the image as the beginning or the end of the folder of the mask.
    if its[: len(own)] == own:
        yield "/".join(["{folder}", *literal[len(own) :], name])
    if own and its[len(its) - len(own) :] == own:
        yield "/".join([*literal[: len(its) - len(own)], "{folder}", name])


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _spread(items: Sequence[_T]) -> list[_T]:
    return list(items[:: max(1, len(items) // _NUM_LOOKED_AT)][:_NUM_LOOKED_AT])


def _are_two_valued(folder: Path, files: Sequence[PurePosixPath]) -> bool:
    return all(_is_two_valued(folder / file) for file in files)


def _is_two_valued(path: Path) -> bool:
    try:
        grey = read_rgb(path).max(axis=2)
    except DataError:
        return False
    at_ends = np.mean((grey <= _NEAR_ENDS) | (grey >= 255 - _NEAR_ENDS))
    return bool(at_ends >= _TWO_VALUED_SHARE) or len(np.unique(grey)) <= 3


_NO_MASKS = FoundMasks(frozenset(), "")
