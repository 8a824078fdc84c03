"""``dataset.toml``: what a folder of images means, checked key by key."""

import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from harness.datasets.layout import GOOD
from harness.errors import DataError

FILE_NAME = "dataset.toml"
MASK_FIELDS = ("kind", "stem")
_TEXTS = ("name", "title", "citation", "licence", "homepage")
_CATEGORY_KEYS = ("train_good", "test_good", "test_defects", "masks")


@dataclass(frozen=True)
class CategoryDescription:
    """Where the images of one category are; patterns are relative to the file's folder."""

    train_good: tuple[str, ...]
    test_good: tuple[str, ...]
    test_defects: tuple[tuple[str, tuple[str, ...]], ...]
    """``(kind, patterns)``."""
    masks: str | None
    """Pattern with ``{stem}`` and perhaps ``{kind}``; None where the data set has no masks."""


@dataclass(frozen=True)
class FolderDescription:
    """A data set as its file describes it."""

    name: str
    title: str
    citation: str
    licence: str
    homepage: str
    categories: tuple[tuple[str, CategoryDescription], ...]


def read_description(folder: Path) -> FolderDescription:
    """Read and check ``dataset.toml`` in ``folder``.

    Raises:
        DataError: The file is missing, is not TOML, has an unknown key or a value of the wrong type;
            names file, table and key, and says what would be right.
    """
    path = folder / FILE_NAME
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); it describes a folder of images.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid TOML ({error}).") from error
    top = _Table(path, "", content)
    top.check_keys((*_TEXTS, "categories"))
    name = top.text("name", folder.resolve().name)
    if not name or set(name) & set('/\\:,"') or name != name.strip() or name == "all":
        raise top.error("name", f"{name!r} cannot be a name; a word such as 'castings' would be right")
    categories = top.table("categories")
    if not categories.content:
        raise top.error("categories", "no category is described; a table such as [categories.front] would be right")
    return FolderDescription(
        name=name,
        title=top.text("title", name),
        citation=top.text("citation", ""),
        licence=top.text("licence", ""),
        homepage=top.text("homepage", ""),
        categories=tuple((category, _category(categories.table(category))) for category in categories.content),
    )


def _category(table: "_Table") -> CategoryDescription:
    table.check_keys(_CATEGORY_KEYS)
    defects = table.table("test_defects")
    if not defects.content:
        raise table.error("test_defects", 'no kind of defect is described; scratch = "test/scratch" would be right')
    if GOOD in defects.content:
        raise defects.error(GOOD, "is the word for normal images, not a kind of defect; use test_good")
    return CategoryDescription(
        train_good=table.patterns("train_good"),
        test_good=table.patterns("test_good"),
        test_defects=tuple((kind, defects.patterns(kind)) for kind in defects.content),
        masks=table.mask_pattern("masks"),
    )


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
            raise self.error(key, f'{value!r} is not a text; {key} = "..." would be right')
        return value

    def table(self, key: str) -> "_Table":
        value = self.content.get(key, {})
        name = f"{self.name}.{key}" if self.name else key
        if not isinstance(value, dict):
            raise self.error(key, f"{value!r} is not a table; [{name}] with keys below it would be right")
        return _Table(self.path, name, value)

    def patterns(self, key: str) -> tuple[str, ...]:
        if key not in self.content:
            raise self.error(key, f'missing; a folder or a pattern such as {key} = "front/ok/*.png" would be right')
        value = self.content[key]
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not listed or not all(isinstance(part, str) for part in listed):
            raise self.error(key, f'{value!r} is neither a text nor a list of texts; "front/ok/*.png" would be right')
        for part in listed:
            self._check_inside(key, part)
        return tuple(listed)

    def mask_pattern(self, key: str) -> str | None:
        if key not in self.content:
            return None
        pattern = self.text(key, "")
        self._check_inside(key, pattern)
        try:
            fields = {field for _, field, _, _ in string.Formatter().parse(pattern) if field is not None}
        except ValueError as error:
            raise self.error(
                key, f'{pattern!r} is no pattern ({error}); "masks/{{stem}}.png" would be right'
            ) from error
        if "stem" not in fields or not fields <= set(MASK_FIELDS):
            known = " and ".join(f"{{{field}}}" for field in MASK_FIELDS)
            raise self.error(
                key, f'{pattern!r} needs {{stem}} and knows only {known}; "masks/{{stem}}_mask.png" would be right'
            )
        return pattern

    def _check_inside(self, key: str, pattern: str) -> None:
        parts = PurePosixPath(pattern)
        if not parts.parts or parts.is_absolute() or ".." in parts.parts or "\\" in pattern:
            raise self.error(
                key,
                f'{pattern!r} must be a path below the file\'s folder, with forward slashes; "front/ok" would be right',
            )
