from pathlib import Path

import pytest

from harness.datasets.folder.folder_description import FolderDescription, read_description
from harness.errors import DataError
from tests.support.miniatures import FOLDER_TOML


def described(folder: Path, text: str) -> FolderDescription:
    (folder / "dataset.toml").write_text(text, encoding="utf-8")
    return read_description(folder)


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
        ("test_good =", "test_ok =", r"\[categories\.front\], test_ok: unknown key.*Known: train_good, train_mixed"),
        ('train_good = "front/train"\n', "", r"\[categories\.front\], train_good: missing; a folder or a pattern"),
        ('"front/train"', "[]", r"\[categories\.front\], train_good: \[\] is neither a text nor a list of texts"),
        ('"front/train"', "[1]", r"train_good: \[1\] is neither a text nor a list of texts"),
        ('"front/train"', '"../train"', r"train_good: '\.\./train' must be a path below the file's folder"),
        ('"front/train"', '"/train"', r"train_good: '/train' must be a path below the file's folder"),
        (
            "{stem}_mask",
            "mask",
            r"\[categories\.front\], masks: .* needs \{stem\} and knows only \{folder\}, \{kind\}, \{stem\}",
        ),
        ("{kind}/{stem}", "{name}/{stem}", r"masks: .* knows only \{folder\}, \{kind\}, \{stem\}; \"masks/"),
        ("{kind}/{stem}", "{kind/{stem}", r"masks: .* is no pattern"),
        ('dent = "front/test/dent"', "dent = 1", r"\[categories\.front\.test_defects\], dent: 1 is neither"),
        ("dent =", "good =", r"\[categories\.front\.test_defects\], good: is the word for normal images"),
        ('[categories.back.test_defects]\ndent = "back/dent"\n', "", r"\[categories\.back\], test_defects: no kind of"),
        ('title = "Castings"', 'name = "a/b"', r"top level, name: 'a/b' cannot be a name; a word"),
        ('title = "Castings"', 'name = "all"', r"top level, name: 'all' cannot be a name"),
        ('title = "Castings"', "title =", r"dataset\.toml: not valid TOML: .*line 1"),
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
    with pytest.raises(DataError, match=r"dataset\.toml: this file does not exist"):
        read_description(tmp_path)


MIXED_TOML = """\
[categories.parts]
mixed = "kos*/*.jpg"
masks = "{folder}/{stem}_label.png"
train_share = 0.4
groups = "^([^/]+)/"
"""


def test_undivided_images_need_no_training_part(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(MIXED_TOML, encoding="utf-8")
    ((name, category),) = read_description(tmp_path).categories
    assert (name, category.mixed, category.train_share, category.groups) == ("parts", ("kos*/*.jpg",), 0.4, "^([^/]+)/")
    assert not category.is_divided


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("masks =", "# masks =", r"masks: missing; they tell the images of mixed apart; \"masks/\{stem\}\.png\" would"),
        (
            "mixed =",
            'train_good = "ok"\nmixed =',
            r"mixed: is for images not yet divided and cannot stand beside train_g",
        ),
        ("mixed =", "test_mixed =", r"train_good: missing; a folder or a pattern"),
        ("mixed =", 'train_good = "ok"\ntest_mixed =', r"train_share: divides the images of good and mixed, and there"),
        ("mixed =", "good =", r"test_defects: no kind of defect is described"),
        ("train_share = 0.4", "train_share = 1", r"train_share: 1 is not between 0 and 1; train_share = 0\.8 would be"),
        ("train_share = 0.4", 'train_share = "half"', r"train_share: 'half' is not between 0 and 1"),
        ("train_share = 0.4", "no_mask_is_good = 1", r"no_mask_is_good: 1 is neither true nor false"),
        ('"^([^/]+)/"', '"^(kos"', r"groups: '\^\(kos' is no regular expression \(.*\); '\^\(\.\*\)/' would be right"),
        ('"^([^/]+)/"', '"^kos"', r"groups: '\^kos' has 0 pairs of parentheses; one, as in"),
        ('"^([^/]+)/"', '"^(k)(o)"', r"groups: .* has 2 pairs of parentheses"),
        ("[cat", 'folder = "gone"\n[cat', r"top level, folder: .*gone is not a folder; the one that holds the images"),
    ],
)
def test_lists_that_leave_something_open_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in MIXED_TOML
    with pytest.raises(DataError, match=r"dataset\.toml, .*" + message) as caught:
        described(tmp_path, MIXED_TOML.replace(old, new, 1))
    assert "\n" not in str(caught.value)


def test_good_parts_alone_are_described_by_where_they_are(tmp_path: Path) -> None:
    ((_, category),) = described(tmp_path, '[categories.parts]\ntrain_good = "good"\n').categories
    assert (category.train_good, category.test_good, category.test_defects) == (("good",), (), ())


def test_one_list_to_test_on_asks_for_the_others(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"test_defects: no kind of defect is described"):
        described(tmp_path, '[categories.parts]\ntrain_good = "good"\ntest_good = "ok"\n')
    with pytest.raises(DataError, match=r"test_good: missing; a folder or a pattern"):
        described(tmp_path, '[categories.parts]\ntrain_good = "good"\n[categories.parts.test_defects]\na = "b"\n')


def test_a_key_about_masks_is_refused_where_nothing_is_mixed(tmp_path: Path) -> None:
    text = FOLDER_TOML.replace('train_good = "front/train"', 'train_good = "front/train"\nno_mask_is_good = true')
    with pytest.raises(DataError, match="no_mask_is_good: is about images told apart by masks, and there are none"):
        described(tmp_path, text)


def test_a_file_elsewhere_names_its_folder_and_gives_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for text, folder in ((str(tmp_path / "images"), tmp_path / "images"), ("images", tmp_path / "images")):
        (tmp_path / "bolts.toml").write_text(f'folder = "{text}"\n' + MIXED_TOML, encoding="utf-8")
        description = read_description(tmp_path / "bolts.toml")
        assert (description.name, description.folder) == ("bolts", folder)
