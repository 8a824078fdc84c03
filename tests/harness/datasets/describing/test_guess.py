from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.datasets.describing import describe
from harness.datasets.describing.guessed_categories import ONLY_GOOD
from harness.datasets.finding import find
from harness.datasets.preflight import check_split
from harness.datasets.verification import verify
from harness.errors import DataError
from tests.support import miniatures, unknown_folders

Builder = Callable[[Path], None]


def built(build: Builder, root: Path) -> Path:
    folder = root / "parts"
    folder.mkdir()
    build(folder)
    return folder


@pytest.mark.parametrize("build", unknown_folders.LAYOUTS, ids=lambda build: build.__name__)
def test_common_layouts_are_recognised_and_can_be_used(tmp_path: Path, build: Builder) -> None:
    folder = built(build, tmp_path)
    described = describe(folder)
    counts = {
        category.name: (category.num_train, category.num_test_good, category.num_test_defect, category.num_left_out)
        for category in described.categories
    }
    assert counts == unknown_folders.LAYOUTS[build]
    dataset = find(str(folder), tmp_path)
    assert dataset.categories(tmp_path) == tuple(counts)
    for category in counts:
        split = dataset.split(tmp_path, category, 0)
        check_split(split, category)
        defects = [sample for sample in split.test if sample.is_defect]
        has_masks = build not in unknown_folders.WITHOUT_MASKS
        assert all((sample.mask is not None) == has_masks for sample in defects)
    assert "# guessed: " in described.path.read_text(encoding="utf-8")
    problems = [finding.problem for finding in verify(dataset, tmp_path).findings]
    assert all("belong" in problem for problem in problems), problems


def test_the_text_says_what_was_guessed_and_why(tmp_path: Path) -> None:
    text = describe(built(unknown_folders.items, tmp_path)).path.read_text(encoding="utf-8").splitlines()
    assert text[2] == 'name = "parts"  # guessed: the folder\'s name'
    assert 'mixed = "kos*/*.jpg"  # guessed: normal or defect as their masks say' in text
    masks = 'masks = "{folder}/{stem}_label.png"  # guessed: names such as Part0_label.png beside Part0'
    assert masks in text
    assert [line.split("  # guessed: ")[0] for line in text[-2:]] == ["train_share = 0.5", 'groups = "^([^/]+)/"']


@pytest.mark.parametrize(
    ("build", "lines"),
    [
        (unknown_folders.mvtec_like, ['train_good = "gear/train/good"', 'worn = "valve/test/worn"']),
        (unknown_folders.kinds_beside_free, ['good = "MT_Free/Imgs/*.jpg"', 'masks = "{folder}/{stem}.png"']),
        (unknown_folders.words_in_file_names, ['good = "ok_*.bmp"', 'defect = "ng_*.bmp"']),
        (unknown_folders.masks_of_defects_only, ['mixed = "images"', "no_mask_is_good = true"]),
        (unknown_folders.odd_names, ['good = "good [2024]"', 'masks = "mask {{a}} \\"b\\" #1/{stem}.png"']),
        (unknown_folders.bad_below_good, ['good = "*.JPG"', 'bad = "bad"']),
    ],
)
def test_patterns_are_short(tmp_path: Path, build: Builder, lines: list[str]) -> None:
    text = describe(built(build, tmp_path)).path.read_text(encoding="utf-8")
    found = [line.split("  # guessed: ")[0] for line in text.splitlines()]
    for line in lines:
        assert line in found


@pytest.mark.parametrize("build", [unknown_folders.masks_of_one_category_alone, unknown_folders.masks_of_other_names])
def test_masks_in_the_folder_of_another_category_are_not_taken(tmp_path: Path, build: Builder) -> None:
    text = describe(built(build, tmp_path)).path.read_text(encoding="utf-8")
    glassfiber, screw = text.split("[categories.screw]")
    assert "masks = " not in glassfiber
    assert 'masks = "screw/ground_truth/{kind}/{stem}_mask.png"' in screw


def test_masks_outside_the_folders_of_a_category_are_said_to_be_a_guess(tmp_path: Path) -> None:
    folder = built(unknown_folders.masks_of_one_category_alone, tmp_path)
    (folder / "screw/ground_truth/thread_top").rename(folder / "masks")
    notes = describe(folder).notes
    assert "screw: masks are taken from outside the folders of screw; check that they belong to its images" in notes


def test_what_is_left_aside_is_said(tmp_path: Path) -> None:
    assert describe(built(unknown_folders.validation_part, tmp_path)).notes == (
        "parts: 3 images of the validation part are left aside",
    )


def test_a_known_layout_is_named(tmp_path: Path) -> None:
    base = miniatures.mvtec_ad(tmp_path)
    described = describe(base.rename(tmp_path / "downloads"))
    assert described.notes == (
        "this folder has the layout of MVTec AD; as mvtec_ad below the data root it needs no description",
    )


def test_a_built_in_name_is_not_taken(tmp_path: Path) -> None:
    folder = built(unknown_folders.good_and_bad, tmp_path).rename(tmp_path / "mtd")
    assert describe(folder).name == "my_mtd"
    assert find(str(folder), tmp_path).info.name == "my_mtd"


def test_links_to_images_and_folders_are_followed_once(tmp_path: Path) -> None:
    folder = built(unknown_folders.good_and_bad, tmp_path)
    (folder / "OK parts/loop").symlink_to(folder)
    (folder / "NG parts").rename(tmp_path / "elsewhere")
    (folder / "NG parts").symlink_to(tmp_path / "elsewhere")
    assert describe(folder).num_images == 14


def test_a_description_is_not_written_over_unless_forced(tmp_path: Path) -> None:
    folder = built(unknown_folders.good_and_bad, tmp_path)
    describe(folder).path.write_text("mine", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"dataset\.toml: exists already; --force overwrites it, --out FILE writes else"
    ):
        describe(folder)
    assert (folder / "dataset.toml").read_text(encoding="utf-8") == "mine"
    assert describe(folder, force=True).name == "parts"


def test_a_folder_that_is_read_only_is_described_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built(unknown_folders.items, tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", refuse)
        with pytest.raises(
            DataError, match=r"cannot be written \(Read-only file system\); --out FILE\.toml writes .*uses"
        ):
            describe(folder)
    described = describe(folder, tmp_path / "descriptions/line-3.toml")
    dataset = find(str(described.path), tmp_path)
    assert (dataset.info.name, dataset.folder(tmp_path)) == ("line-3", folder)
    check_split(dataset.split(tmp_path, "line-3", 0), "line-3")


def test_a_description_below_the_data_root_is_found_by_name(tmp_path: Path) -> None:
    folder = built(unknown_folders.items, tmp_path)
    (tmp_path / "data/lines").mkdir(parents=True)
    describe(folder, tmp_path / "data/lines")
    assert find("parts", tmp_path / "data").folder(tmp_path) == folder


def refused(folder: Path, *texts: str) -> None:
    with pytest.raises(DataError, match=f"^{folder}: ") as caught:
        describe(folder)
    for text in texts:
        assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not folder.is_dir() or not list(folder.glob("*.toml"))
    assert not folder.is_dir() or not list(folder.glob(".*"))


def test_a_folder_that_says_nothing_is_one_line_with_what_was_seen_and_what_is_needed(tmp_path: Path) -> None:
    for number in range(4):
        miniatures.write_image(tmp_path / f"a/{number}.png", number)
    (tmp_path / "notes.txt").touch()
    refused(
        tmp_path,
        "not recognised. Seen: 4 images in 1 folder (a); other files: 1 .txt",
        "nothing says which of them are normal",
        "what is needed: folders called good and bad",
    )


def test_good_parts_alone_train_and_are_said_to_be_too_little_for_a_run(tmp_path: Path) -> None:
    for number in range(4):
        miniatures.write_image(tmp_path / f"good/{number}.png", number)
    described = describe(tmp_path)
    (category,) = described.categories
    assert (category.num_train, category.num_test_good, category.num_test_defect) == (4, 0, 0)
    assert described.notes == (f"{category.name}: {ONLY_GOOD}",)


def bare(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        miniatures.write_image(folder / name, number)
    return folder


def test_images_directly_in_the_folder_are_good_parts_that_can_be_fitted_but_not_judged(tmp_path: Path) -> None:
    folder = bare(tmp_path / "screws", "001.png", "002.png", "003.png", "photo.jpg")
    described = describe(folder)
    (category,) = described.categories
    assert (category.name, category.num_train, category.num_test_good, category.num_test_defect) == ("screws", 4, 0, 0)
    assert described.notes == (f"screws: {ONLY_GOOD}",)
    assert ONLY_GOOD.startswith("good parts alone: 'bench fit' makes a detector of them")
    assert category.decided[0].startswith("train_good: all images lie in this folder and no name says otherwise")
    assert 'train_good = ["*.jpg", "*.png"]  # guessed: all images lie in' in described.path.read_text(encoding="utf-8")
    assert len(find(str(folder), tmp_path).split(tmp_path, "screws", 0).train) == 4


def test_names_that_all_say_good_are_good_parts(tmp_path: Path) -> None:
    (category,) = describe(bare(tmp_path / "screws", "ok_1.png", "ok_2.png")).categories
    assert category.num_train == 2


def test_a_bare_folder_whose_names_speak_of_defects_is_not_taken_for_good_parts(tmp_path: Path) -> None:
    refused(bare(tmp_path / "screws", "part_1.png", "part_2_scratch.png"), "nothing says which of them are normal")
    refused(bare(tmp_path / "ng", "1.png", "2.png"), "nothing says which of them are normal")


def test_good_parts_alone_are_left_out_beside_a_category_that_can_be_tested(tmp_path: Path) -> None:
    for number in range(4):
        miniatures.write_image(tmp_path / f"left/good/{number}.png", number)
        miniatures.write_image(tmp_path / f"right/good/{number}.png", number + 4)
        miniatures.write_image(tmp_path / f"right/bad/{number}.png", number + 8)
    described = describe(tmp_path)
    assert [category.name for category in described.categories] == ["right"]
    assert described.notes == ("not used: left: no defect to test on",)


def test_a_folder_without_images_or_none_at_all_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "Seen: no image")
    refused(tmp_path / "none", "no such folder")


def test_masks_of_other_values_are_refused(tmp_path: Path) -> None:
    unknown_folders.items(tmp_path)
    for path in tmp_path.glob("*/*_label.png"):
        with Image.open(path) as image:
            mask = np.array(image)
        Image.fromarray(mask // 255).save(path)
    refused(tmp_path, "hold grey values up to 1, and a defect is what is above 127; save them with 0 and 255")
