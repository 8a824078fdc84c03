from pathlib import Path

import pytest

from harness.datasets.folder_description import read_description
from harness.errors import DataError
from tests.support.miniatures import FOLDER_TOML


def described(folder: Path, text: str) -> None:
    (folder / "dataset.toml").write_text(text, encoding="utf-8")
    read_description(folder)


def test_name_and_title_default_to_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "bolts"
    folder.mkdir()
    (folder / "dataset.toml").write_text(FOLDER_TOML.replace('title = "Castings"\n', ""), encoding="utf-8")
    description = read_description(folder)
    assert (description.name, description.title) == ("bolts", "bolts")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Castings"', "title = 3", r"top level, title: 3 is not a text; title = \"\.\.\.\" would be right"),
        ("licence", "license", r"top level, license: unknown key\. Did you mean 'licence'\? Known: name, title"),
        ("test_good =", "test_ok =", r"\[categories\.front\], test_ok: unknown key.*Known: train_good, test_good"),
        ('train_good = "front/train"\n', "", r"\[categories\.front\], train_good: missing; a folder or a pattern"),
        ('"front/train"', "[]", r"\[categories\.front\], train_good: \[\] is neither a text nor a list of texts"),
        ('"front/train"', "[1]", r"train_good: \[1\] is neither a text nor a list of texts"),
        ('"front/train"', '"../train"', r"train_good: '\.\./train' must be a path below the file's folder"),
        ('"front/train"', '"/train"', r"train_good: '/train' must be a path below the file's folder"),
        (
            "{stem}_mask",
            "mask",
            r"\[categories\.front\], masks: .* needs \{stem\} and knows only \{kind\} and \{stem\}",
        ),
        ("{kind}/{stem}", "{name}/{stem}", r"masks: .* knows only \{kind\} and \{stem\}; \"masks/"),
        ("{kind}/{stem}", "{kind/{stem}", r"masks: .* is no pattern"),
        ('dent = "front/test/dent"', "dent = 1", r"\[categories\.front\.test_defects\], dent: 1 is neither"),
        ("dent =", "good =", r"\[categories\.front\.test_defects\], good: is the word for normal images"),
        ('[categories.back.test_defects]\ndent = "back/dent"\n', "", r"\[categories\.back\], test_defects: no kind of"),
        ('title = "Castings"', 'name = "a/b"', r"top level, name: 'a/b' cannot be a name; a word"),
        ('title = "Castings"', 'name = "all"', r"top level, name: 'all' cannot be a name"),
        ('title = "Castings"', "title =", r"dataset\.toml: not valid TOML \(.*line 1"),
    ],
)
def test_names_file_table_and_key_and_what_is_right(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in FOLDER_TOML
    with pytest.raises(DataError, match=r"dataset\.toml.*" + message.removeprefix(r"dataset\.toml")) as caught:
        described(tmp_path, FOLDER_TOML.replace(old, new, 1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('title = "empty"', r"top level, categories: no category is described; .* \[categories\.front\]"),
        ("categories = 1", r"top level, categories: 1 is not a table; \[categories\] with keys"),
        ("[categories]\nfront = 1", r"\[categories\], front: 1 is not a table; \[categories\.front\] with keys"),
    ],
)
def test_refuses_a_description_without_categories(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        described(tmp_path, text)


def test_refuses_a_folder_without_a_description(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dataset\.toml: cannot be read \(No such file"):
        read_description(tmp_path)
