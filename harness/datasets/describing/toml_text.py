"""A guessed description as text: what was guessed carries its reason as a comment."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.datasets.describing.guessed_category import GuessedCategory, Listing
from harness.datasets.describing.mask_patterns import LabelledImage, mask_path
from harness.datasets.describing.patterns import patterns_for

_BARE_KEY = re.compile(r"^[A-Za-z0-9_-]+$")
_LINE_LENGTH = 110


@dataclass(frozen=True)
class Heading:
    """What stands above the categories."""

    name: str
    name_reason: str
    images_folder: str | None
    """Where the images are; None if beside the file."""


def toml_text(folder: Path, heading: Heading, categories: Sequence[GuessedCategory]) -> str:
    """The text of ``dataset.toml``.

    Args:
        folder: Where the images are.
        heading: Name and place.
        categories: At least one.
    """
    lines = [
        "# Written by 'bench datasets describe'. What is marked as guessed may be wrong: read it, change it.",
        "# docs/datasets.md explains every key; 'bench datasets verify' reads every file.",
        _line("name", _quoted(heading.name), heading.name_reason),
    ]
    if heading.images_folder is not None:
        lines.append(_line("folder", _quoted(heading.images_folder), ""))
    lines.append('# title, citation, licence, homepage = "..."   texts for people')
    for category in categories:
        lines += ["", *_category(folder, category)]
    return "\n".join(lines) + "\n"


def _category(folder: Path, category: GuessedCategory) -> list[str]:
    lines = [f"[categories.{_key(category.name)}]  # guessed: {_comment(category.reason)}"]
    lines += [f"# note: {_comment(note)}" for note in category.notes]
    for key, listing in category.lists.items():
        kind = "defect" if key.endswith("mixed") else ""
        lines.append(_line(key, _patterns(folder, category, listing, kind), listing.reason))
    if category.masks is not None:
        lines.append(_line("masks", _quoted(category.masks), category.masks_reason))
    if category.no_mask_is_good:
        lines.append(_line("no_mask_is_good", "true", "some images have no mask"))
    if category.train_share is not None:
        unit = "folders of items" if category.groups else "normal images"
        why = f"nothing divides training from test; of the {unit}, drawn by the seed, this share trains"
        lines.append(_line("train_share", str(category.train_share), why))
        if category.groups is not None:
            why = "numbered folders with few images each; images of one stay together"
            lines.append(_line("groups", _quoted(category.groups), why))
        else:
            lines.append("# groups = '^(.*)_'   a regular expression: images of one part that must stay together")
    if category.defects:
        lines += ["", f"[categories.{_key(category.name)}.test_defects]  # guessed: one a folder or a word"]
    for kind, listing in category.defects.items():
        lines.append(_line(_key(kind), _patterns(folder, category, listing, kind), ""))
    return lines


def _patterns(folder: Path, category: GuessedCategory, listing: Listing, kind: str) -> str:
    masks: set[PurePosixPath] = set()
    if category.masks is not None:
        masks = {mask_path(category.masks, LabelledImage(image, kind)) for image in listing.images}
    patterns = patterns_for(folder, listing.images, masks)
    return _quoted(patterns[0]) if len(patterns) == 1 else _listed(patterns)


def _listed(patterns: Sequence[str]) -> str:
    text = "[" + ", ".join(map(_quoted, patterns)) + "]"
    if len(text) <= _LINE_LENGTH:
        return text
    return "[\n" + "".join(f"  {_quoted(pattern)},\n" for pattern in patterns) + "]"


def _line(key: str, value: str, reason: str) -> str:
    return f"{key} = {value}" + (f"  # guessed: {_comment(reason)}" if reason else "")


def _key(name: str) -> str:
    return name if _BARE_KEY.match(name) else _quoted(name)


def _quoted(text: str) -> str:
    # JSON's strings are TOML's, but for one character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
