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


def test_good_parts_alone_are_described_by_where_they_are(tmp_path: Path) -> None:
    ((_, category),) = described(tmp_path, '[categories.parts]\ntrain_good = "good"\n').categories
    assert (category.train_good, category.test_good, category.test_defects) == (("good",), (), ())


def test_one_list_to_test_on_asks_for_the_others(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"test_defects: expected a kind of defect .*, got none"):
        described(tmp_path, '[categories.parts]\ntrain_good = "good"\ntest_good = "ok"\n')
    with pytest.raises(DataError, match=r"test_good: missing; expected a folder or a pattern"):
        described(tmp_path, '[categories.parts]\ntrain_good = "good"\n[categories.parts.test_defects]\na = "b"\n')


def test_a_key_about_masks_is_refused_where_nothing_is_mixed(tmp_path: Path) -> None:
    text = FOLDER_TOML.replace('train_good = "front/train"', 'train_good = "front/train"\nno_mask_is_good = true')
    with pytest.raises(DataError, match="no_mask_is_good: applies to mixed images, which are not given"):
        described(tmp_path, text)


def test_a_file_elsewhere_names_its_folder_and_gives_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for text, folder in ((str(tmp_path / "images"), tmp_path / "images"), ("images", tmp_path / "images")):
        (tmp_path / "bolts.toml").write_text(f'folder = "{text}"\n' + MIXED_TOML, encoding="utf-8")
        description = read_description(tmp_path / "bolts.toml")
        assert (description.name, description.folder) == ("bolts", folder)
