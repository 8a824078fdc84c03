"""``dataset.toml``: what a folder of images means, checked key by key."""

import os
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from harness.config.toml_file import read_toml
from harness.datasets.image_folders import GOOD
from harness.errors import DataError, is_plain

FILE_NAME = "dataset.toml"
SUFFIX = ".toml"
DEFAULT_TRAIN_SHARE = 0.8
MASK_FIELDS = ("folder", "kind", "stem")
_TEXTS = ("name", "title", "citation", "licence", "homepage")
_DIVIDED = ("train_good", "train_mixed", "test_good", "test_mixed")
_UNDIVIDED = ("good", "mixed")
_TESTS = ("test_good", "test_mixed", "test_defects")
_MIXED = ("train_mixed", "test_mixed", "mixed")
_MAX_NAME_BYTES = 200
"""Names become files and folders of results, whose names have at most 255 bytes with what is added to them."""
_MAX_PART_BYTES = 255
_MAX_DEEP = 2
"""Each ``**`` of a pattern multiplies the time by the number of folders."""
_CATEGORY_KEYS = (*_DIVIDED, *_UNDIVIDED, "train_share", "groups", "test_defects", "masks", "no_mask_is_good")


@dataclass(frozen=True, kw_only=True)
class CategoryDescription:
    """Where the images of one category are; patterns are relative to the data set's folder.

    Images are listed either under the part they belong to (``train_*``, ``test_*``) or undivided;
    "mixed" ones are normal or defects as their masks say.
    """

    train_good: tuple[str, ...] = ()
    train_mixed: tuple[str, ...] = ()
    """Defects among them are left out."""
    test_good: tuple[str, ...] = ()
    test_mixed: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    """Normal images, not yet divided."""
    mixed: tuple[str, ...] = ()
    """Images of both kinds, not yet divided."""
    train_share: float
    """Fraction of the groups with an undivided normal image that train, in (0, 1)."""
    groups: str | None
    """Regular expression; what its one pair of parentheses finds in an image's path is its group."""
    test_defects: tuple[tuple[str, tuple[str, ...]], ...]
    """``(kind, patterns)``."""
    masks: str | None
    """Pattern with ``{stem}``, perhaps ``{kind}`` and ``{folder}``; None where the data set has no masks."""
    no_mask_is_good: bool
    """Whether a mixed image without a mask file is a normal one, and not an error."""

    @property
    def is_divided(self) -> bool:
        """Whether the description says which images train."""
        return bool(self.train_good or self.train_mixed)


@dataclass(frozen=True)
class FolderDescription:
    """A data set as its file describes it."""

    path: Path
    """The file."""
    folder: Path
    """Where the images are."""
    name: str
    title: str
    citation: str
    licence: str
    homepage: str
    categories: tuple[tuple[str, CategoryDescription], ...]


def read_description(place: Path) -> FolderDescription:
    """Read and check a description.

    Args:
        place: The file, or the folder with a ``dataset.toml`` in it.

    Raises:
        DataError: The file is missing, is not TOML, has an unknown key or a value of the wrong type;
            the message names file, table and key.
    """
    path = place / FILE_NAME if place.is_dir() else place
    top = _Table(path, "", read_toml(path, error=DataError))
    top.check_keys((*_TEXTS, "folder", "categories"))
    folder = path.absolute().parent / top.text("folder", "")
    if not _is_folder(folder):
        raise top.error("folder", f"expected the folder with the images, got {folder}, which is not a folder")
    name = top.text("name", path.absolute().parent.resolve().name if path.name == FILE_NAME else path.stem)
    if not is_dataset_name(name):
        raise top.error("name", f"expected a word such as 'castings', got {name!r}")
    categories = top.table("categories")
    if not categories.content:
        raise top.error("categories", "expected a table such as [categories.front], got none")
    for category in categories.content:
        if not _is_name(category):
            raise categories.error(
                repr(category), "expected a word such as 'front', which can be the name of a folder of results"
            )
    return FolderDescription(
        path=path,
        folder=folder,
        name=name,
        title=top.text("title", name),
        citation=top.text("citation", ""),
        licence=top.text("licence", ""),
        homepage=top.text("homepage", ""),
        categories=tuple((category, _category(categories.table(category))) for category in categories.content),
    )


def is_dataset_name(name: str) -> bool:
    """Whether a data set may be called so: on the command line and as a folder of results."""
    return _is_name(name) and not set(name) & set('\\:,"') and name == name.strip() and name != "all"


def _is_name(text: str) -> bool:
    """Whether a data set, a category or a kind of defect may be called so."""
    is_folder = _is_place(text, _MAX_NAME_BYTES) and "/" not in text and text not in (".", "..")
    return is_folder and is_plain(text)


def _is_place(text: str, max_bytes: int = _MAX_PART_BYTES) -> bool:
    """Whether a file system takes a name."""
    return "\0" not in text and 0 < len(os.fsencode(text)) <= max_bytes


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def _category(table: "_Table") -> CategoryDescription:
    table.check_keys(_CATEGORY_KEYS)
    _check_parts(table)
    defects = table.table("test_defects")
    tests = bool(set(table.content) & {*_TESTS, *_UNDIVIDED})
    if tests and not defects.content and not {"mixed", "test_mixed"} & set(table.content):
        raise table.error("test_defects", 'expected a kind of defect such as scratch = "test/scratch", got none')
    if GOOD in defects.content:
        raise defects.error(GOOD, "is the word for normal images, not a kind of defect; use test_good")
    for kind in defects.content:
        if not _is_name(kind):
            raise defects.error(repr(kind), "expected a word such as 'scratch', which can be the name of a folder")
    return CategoryDescription(
        **{key: table.patterns(key) for key in (*_DIVIDED, *_UNDIVIDED) if key in table.content},
        train_share=table.fraction("train_share", DEFAULT_TRAIN_SHARE),
        groups=table.expression("groups"),
        test_defects=tuple((kind, defects.patterns(kind)) for kind in defects.content),
        masks=table.mask_pattern("masks"),
        no_mask_is_good=table.flag("no_mask_is_good"),
    )


def _check_parts(table: "_Table") -> None:
    """Refuse lists that leave open what trains and what tests, and keys that would have no effect."""
    given = set(table.content)
    undivided = [key for key in _UNDIVIDED if key in given]
    divided = [key for key in _DIVIDED if key in given]
    if undivided and divided:
        raise table.error(
            undivided[0], f"lists undivided images and cannot be combined with {divided[0]}; use one of the two"
        )
    if not undivided:
        # Says which one is missing. Good parts alone are enough to train and to search on.
        for part in ("train", "test") if given & set(_TESTS) else ("train",):
            if f"{part}_mixed" not in given:
                table.patterns(f"{part}_good")
        for key in ("train_share", "groups"):
            if key in given:
                raise table.error(key, "divides the images of good and mixed, which are not given; leave it out")
    mixed = [key for key in _MIXED if key in given]
    if mixed and "masks" not in given:
        raise table.error(
            "masks", f'missing; expected a pattern such as "masks/{{stem}}.png" to tell the images of {mixed[0]} apart'
        )
    if not mixed and "no_mask_is_good" in given:
        raise table.error("no_mask_is_good", "applies to mixed images, which are not given; leave it out")


@dataclass(frozen=True)
class _Table:
    """One table of the file, with the words to complain about it."""

    path: Path
    name: str
    content: Mapping[str, Any]

    def error(self, key: str, problem: str) -> DataError:
        where = f"[{self.name}]" if self.name else "top level"
        return DataError(f"{self.path}, {where}, {key}: {problem}.")

    def check_keys(self, known: Iterable[str]) -> None:
        known = tuple(known)
        for key in self.content:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise self.error(key, f"unknown key.{hint} Known: {', '.join(known)}")

    def text(self, key: str, default: str) -> str:
        value = self.content.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f'expected a string such as {key} = "...", got {value!r}')
        return value

    def flag(self, key: str) -> bool:
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, f"expected true or false, got {value!r}")
        return value

    def fraction(self, key: str, default: float) -> float:
        value = self.content.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise self.error(key, f"expected a number between 0 and 1, such as {default}, got {value!r}")
        return float(value)

    def expression(self, key: str) -> str | None:
        if key not in self.content:
            return None
        text = self.text(key, "")
        try:
            num_parentheses = re.compile(text).groups
        except re.error as error:
            raise self.error(key, f"expected a regular expression such as '^(.*)/', got {text!r} ({error})") from error
        if num_parentheses != 1:
            raise self.error(
                key, f"expected one pair of parentheses, as in '^(.*)/', got {num_parentheses} in {text!r}"
            )
        return text

    def table(self, key: str) -> "_Table":
        value = self.content.get(key, {})
        name = f"{self.name}.{key}" if self.name else key
        if not isinstance(value, dict):
            raise self.error(key, f"expected a table [{name}], got {value!r}")
        return _Table(self.path, name, value)

    def patterns(self, key: str) -> tuple[str, ...]:
        if key not in self.content:
            raise self.error(key, f'missing; expected a folder or a pattern such as {key} = "front/ok/*.png"')
        value = self.content[key]
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not listed or not all(isinstance(part, str) for part in listed):
            raise self.error(key, f'expected a string such as "front/ok/*.png" or a list of them, got {value!r}')
        for part in listed:
            self._check_inside(key, part)
        return tuple(listed)

    def mask_pattern(self, key: str) -> str | None:
        if key not in self.content:
            return None
        pattern = self.text(key, "")
        self._check_inside(key, pattern)
        try:
            parsed = [each for each in string.Formatter().parse(pattern) if each[1] is not None]
        except ValueError as error:
            raise self.error(
                key, f'expected a pattern such as "masks/{{stem}}.png", got {pattern!r} ({error})'
            ) from error
        fields = {field for _, field, _, _ in parsed}
        # A width such as {stem:>9999999999} would fill the memory.
        if "stem" not in fields or not fields <= set(MASK_FIELDS) or any(spec or how for _, _, spec, how in parsed):
            known = ", ".join(f"{{{field}}}" for field in MASK_FIELDS)
            raise self.error(
                key, f'expected {{stem}} and no fields but {known}, as in "masks/{{stem}}_mask.png"; got {pattern!r}'
            )
        return pattern

    def _check_inside(self, key: str, pattern: str) -> None:
        parts = PurePosixPath(pattern)
        if not parts.parts or parts.is_absolute() or ".." in parts.parts or "\\" in pattern:
            raise self.error(
                key,
                f'expected a path below the file\'s folder with forward slashes, such as "front/ok"; got {pattern!r}',
            )
        deep = [part for part in parts.parts if "**" in part]
        if len(deep) > _MAX_DEEP or any(part != "**" for part in deep) or not all(map(_is_place, parts.parts)):
            raise self.error(
                key, f'expected names of at most 255 bytes and at most 2 "**", each alone as a folder; got {pattern!r}'
            )
