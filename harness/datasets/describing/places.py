"""Part, content, category and item of each image, as the names of its folders and its own name say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from statistics import median

from harness.datasets.describing.words import Word, number_pattern, words_in

_PARTS = (Word.TRAIN, Word.TEST, Word.VALIDATION)
_MIN_ITEMS = 5
_MAX_IMAGES_AN_ITEM = 30
_MIN_SHARE_OF_NAMES = 0.9
"""File names are used only if at least this share of a folder's names says good or defect."""

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """What the names say about one image."""

    part: Word | None
    """TRAIN, TEST, VALIDATION, or None where no name says so."""
    content: Word | None
    """GOOD, DEFECT, or None where no name says so."""
    kind: str
    """The name of the folder that makes it a defect; empty otherwise."""
    category: Parts
    """Folders that are neither part nor content, before the content."""
    item_depth: int | None = None
    """Depth of the folder of one item, 1 at the top; None if there is no such folder."""


def locate(images: Iterable[PurePosixPath]) -> dict[PurePosixPath, Place]:
    """The place of every image."""
    by_folder: defaultdict[Parts, list[PurePosixPath]] = defaultdict(list)
    for image in images:
        by_folder[image.parent.parts].append(image)
    tree = _Tree(by_folder)
    places: dict[PurePosixPath, Place] = {}
    for folder, files in by_folder.items():
        place = tree.place(folder)
        by_name = _by_file_name(files) if place.content is None else {}
        for file in files:
            word = by_name.get(file)
            kind = "defect" if word is Word.DEFECT else place.kind
            places[file] = replace(place, content=word, kind=kind) if word else place
    return _items_apart(places)


class _Tree:
    """The folders that hold images, and all above them."""

    def __init__(self, folders: Collection[Parts]) -> None:
        self._children: defaultdict[Parts, set[Parts]] = defaultdict(set)
        self._structured: set[Parts] = set()
        for folder in folders:
            for depth, name in enumerate(folder):
                self._children[folder[:depth]].add(folder[: depth + 1])
                if words_in(name) & {Word.TRAIN, Word.TEST, Word.GOOD}:
                    self._structured.update(folder[:above] for above in range(depth + 1))

    def place(self, folder: Parts) -> Place:
        words = [words_in(name) for name in folder]
        part = next((word for found in words for word in _PARTS if word in found), None)
        contents = [depth for depth in range(len(folder)) if self._content(folder[: depth + 1])]
        if not contents:
            return Place(part, None, "", self._category(folder, len(folder)))
        # The deepest good or bad word decides: "surface_defects/train/good" is good.
        depth = contents[-1]
        content = self._content(folder[: depth + 1])
        first = next((above for above in contents if self._content(folder[: above + 1]) is content), depth)
        kind = ""
        if content is Word.DEFECT:
            finer = [name for name in folder[first + 1 :] if not words_in(name) and number_pattern(name) is None]
            kind = finer[0] if finer else folder[depth]
        return Place(part, content, kind, self._category(folder, first))

    def _content(self, folder: Parts) -> Word | None:
        """GOOD or DEFECT as the last name of ``folder`` says, or as it follows from its neighbours."""
        words = words_in(folder[-1])
        if Word.GOOD in words:
            return Word.GOOD
        if folder in self._structured:
            return None
        if Word.DEFECT in words:
            return Word.DEFECT
        neighbours = self._children[folder[:-1]] - {folder}
        has_good_beside = any(Word.GOOD in words_in(other[-1]) for other in neighbours)
        return Word.DEFECT if has_good_beside and not words else None

    def _category(self, folder: Parts, end: int) -> Parts:
        return tuple(name for name in folder[:end] if not words_in(name) or self._is_only_a_name(folder, name))

    def _is_only_a_name(self, folder: Parts, name: str) -> bool:
        """Whether a good or bad word names a whole data set, as in ``surface_defects/train``."""
        above = folder[: folder.index(name) + 1]
        return words_in(name) == {Word.DEFECT} and above in self._structured


def _by_file_name(files: Iterable[PurePosixPath]) -> Mapping[PurePosixPath, Word]:
    """Good or defect by names such as ``ok_001.png``; empty unless nearly all names say so, and both occur."""
    files = list(files)
    said: dict[PurePosixPath, Word] = {}
    for file in files:
        words = words_in(file.stem) & {Word.GOOD, Word.DEFECT}
        if len(words) == 1:
            (said[file],) = words
    is_enough = len(said) >= _MIN_SHARE_OF_NAMES * len(files) and set(said.values()) == {Word.GOOD, Word.DEFECT}
    return said if is_enough else {}


def _items_apart(places: Mapping[PurePosixPath, Place]) -> dict[PurePosixPath, Place]:
    """Treat numbered folders of a few images each as items instead of categories."""
    counts: defaultdict[Parts, int] = defaultdict(int)
    for place in places.values():
        counts[place.category] += 1
    families: defaultdict[tuple[Parts, tuple[str, str]], list[Parts]] = defaultdict(list)
    for category in counts:
        pattern = number_pattern(category[-1]) if category else None
        if pattern is not None:
            families[category[:-1], pattern].append(category)
    items = {
        category
        for family in families.values()
        if len(family) >= _MIN_ITEMS and median(counts[item] for item in family) <= _MAX_IMAGES_AN_ITEM
        for category in family
    }
    located: dict[PurePosixPath, Place] = {}
    for image, place in places.items():
        if place.category in items:
            depth = image.parent.parts.index(place.category[-1]) + 1
            located[image] = replace(place, category=place.category[:-1], item_depth=depth)
        else:
            located[image] = place
    return located
