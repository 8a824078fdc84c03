import shutil
from pathlib import Path

import pytest

from harness.datasets.finding import find
from harness.datasets.fingerprint import fingerprint
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.preflight import check_split
from harness.datasets.splits import make_split
from harness.datasets.twins import samples_of
from harness.errors import DataError
from tests.support import miniatures, unknown_folders
from tests.support.manifests import check_reads_as_itself


def rewritten(root: Path, old: str, new: str) -> FolderDataset:
    base = miniatures.castings(root)
    text = miniatures.FOLDER_TOML
    assert old in text
    (base / "dataset.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return FolderDataset(base)


def test_the_documented_fabric_description_is_a_data_set(tmp_path: Path) -> None:
    base = tmp_path / "fabric"
    for seed, name in enumerate(
        (
            "denim/roll_01/good/0.png",
            "denim/roll_02/good/1.png",
            "denim/roll_03/good/2.png",
            "denim/roll_03/broken_end/3.png",
            "denim/roll_01/stain/4.png",
            "jersey/roll_01/good/5.png",
            "jersey/roll_02/good/6.png",
            "jersey/roll_02/hole/7.png",
        )
    ):
        miniatures.write_image(base / name, seed)
    miniatures.write_mask(base / "denim/masks/broken_end/3.png")
    miniatures.write_mask(base / "denim/masks/stain/4.png")
    shutil.copy(Path(__file__).parents[4] / "docs/fabric.toml", base / "dataset.toml")
    dataset = find("fabric", tmp_path)
    for category, sizes in (("denim", (2, 3)), ("jersey", (1, 2))):
        split = dataset.split(tmp_path, category, 0)
        check_split(split, category)
        assert (len(split.train), len(split.test)) == sizes


def test_reads_what_the_description_says(tmp_path: Path) -> None:
    base = miniatures.castings(tmp_path)
    dataset = FolderDataset(base)
    assert (dataset.info.name, dataset.info.title) == ("castings", "Castings")
    assert dataset.categories(tmp_path) == ("front", "back")
    split = dataset.split(tmp_path, "front", 0)
    assert [sample.id for sample in split.train] == [f"front/train/{n}.png" for n in range(4)]
    assert [s.defect_kind for s in split.test] == ["good"] * 4 + ["dent"] * 4 + ["scratch"] * 3
    assert split.test[4].mask == base / "front/masks/dent/0_mask.png"


def test_a_category_may_have_no_masks(tmp_path: Path) -> None:
    split = FolderDataset(miniatures.castings(tmp_path)).split(tmp_path, "back", 0)
    assert sum(sample.is_defect for sample in split.test) == 4
    assert all(sample.mask is None for sample in split.test)


def test_leaves_out_a_defect_with_an_empty_mask(tmp_path: Path) -> None:
    split = FolderDataset(miniatures.castings(tmp_path)).split(tmp_path, "front", 0)
    assert [sample_id for sample_id, _ in split.left_out] == ["front/test/scratch/3.png"]


def test_the_description_is_part_of_the_data(tmp_path: Path) -> None:
    base = miniatures.castings(tmp_path)
    assert base / "dataset.toml" in FolderDataset(base).files(tmp_path, "back")


def test_masks_are_not_looked_for_where_the_pattern_is_a_folder(tmp_path: Path) -> None:
    dataset = rewritten(tmp_path, '"front/train"', '["front/train", "back/train/*.png"]')
    assert len(dataset.split(tmp_path, "front", 0).train) == 8


def test_refuses_a_pattern_that_matches_nothing(tmp_path: Path) -> None:
    dataset = rewritten(tmp_path, '"front/train"', '"front/trian"')
    with pytest.raises(DataError, match=r"\[categories\.front\], train_good: 'front/trian' matches no image; exp"):
        dataset.split(tmp_path, "front", 0)


def test_one_test_list_that_matches_nothing_is_a_mistake(tmp_path: Path) -> None:
    dataset = FolderDataset(miniatures.castings(tmp_path))
    shutil.rmtree(tmp_path / "castings/front/test/scratch")
    with pytest.raises(DataError, match=r"test_defects\.scratch: 'front/test/scratch/\*\.png' matches no image"):
        dataset.split(tmp_path, "front", 0)


def test_good_parts_still_train_when_all_that_tests_is_gone(tmp_path: Path) -> None:
    dataset = FolderDataset(miniatures.castings(tmp_path))
    before = dataset.split(tmp_path, "front", 0)
    shutil.rmtree(tmp_path / "castings/front/test")
    after = dataset.split(tmp_path, "front", 0)
    assert (after.train, after.test) == (before.train, ())


def test_refuses_an_image_in_two_lists(tmp_path: Path) -> None:
    dataset = rewritten(tmp_path, 'test_good = "back/ok"', 'test_good = ["back/ok", "back/train/0.png"]')
    with pytest.raises(DataError, match=r"\[categories\.back\]: back/train/0\.png is matched twice"):
        dataset.split(tmp_path, "back", 0)


def test_refuses_two_images_with_one_mask(tmp_path: Path) -> None:
    dataset = rewritten(tmp_path, "front/masks/{kind}/{stem}_mask.png", "front/masks/dent/{stem}_mask.png")
    with pytest.raises(DataError, match=r"front/test/dent/0\.png and front/test/scratch/0\.png share the mask 0_mask"):
        dataset.split(tmp_path, "front", 0)


def told_apart_by_masks(root: Path, *lines: str) -> FolderDataset:
    """Eight items of three parts; the third part of every second item is a defect."""
    unknown_folders.items(root)
    text = ["[categories.parts]", 'mixed = "kos*/*.jpg"', 'masks = "{folder}/{stem}_label.png"', *lines]
    (root / "dataset.toml").write_text("\n".join(text), encoding="utf-8")
    return FolderDataset(root)


def test_mixed_images_are_what_their_masks_say(tmp_path: Path) -> None:
    split = told_apart_by_masks(tmp_path).split(tmp_path, "parts", 0)
    defects = [sample for sample in split.test if sample.is_defect]
    assert [sample.id for sample in defects] == [f"kos{item:02d}/Part2.jpg" for item in (2, 4, 6, 8)]
    assert [sample.mask for sample in defects] == [tmp_path / f"kos{item:02d}/Part2_label.png" for item in (2, 4, 6, 8)]
    assert len(split.train) == 16
    assert len(split.test) == 8
    assert all(sample.mask is None for sample in split.train)


@pytest.mark.parametrize("seed", range(5))
def test_a_group_is_never_divided(tmp_path: Path, seed: int) -> None:
    dataset = told_apart_by_masks(tmp_path, 'groups = "^([^/]+)/"', "train_share = 0.5")
    split = dataset.split(tmp_path, "parts", seed)
    train, test = ({sample.image.parent.name for sample in part} for part in (split.train, split.test))
    assert len(train) == 4
    assert not train & test
    assert {sample_id.split("/")[0] for sample_id, _ in split.left_out} <= train
    assert {reason for _, reason in split.left_out} == {"defect image of a group that trains"}
    assert len(split.train) + len(split.test) + len(split.left_out) == 24


@pytest.mark.parametrize("name", ["grouped", "kfold-2-1"])
def test_no_other_split_divides_the_groups_of_a_description(tmp_path: Path, name: str) -> None:
    dataset = told_apart_by_masks(tmp_path, 'groups = "^([^/]+)/"', "train_share = 0.5")
    with pytest.raises(DataError, match=rf"/parts: split '{name}' would divide the groups .* expected 'published'"):
        make_split(dataset, tmp_path, "parts", 1, name)


@pytest.mark.parametrize("seed", range(3))
def test_a_manifest_holds_the_draw_of_any_seed(tmp_path: Path, seed: int) -> None:
    dataset = told_apart_by_masks(tmp_path, 'groups = "^([^/]+)/"', "train_share = 0.5")
    split = dataset.split(tmp_path, "parts", seed)
    check_reads_as_itself(split, dataset, tmp_path, "parts", tmp_path / "split.csv")


def test_twins_are_looked_for_among_the_images_of_every_draw(tmp_path: Path) -> None:
    dataset = told_apart_by_masks(tmp_path, 'groups = "^([^/]+)/"', "train_share = 0.5")
    assert len(samples_of(dataset, tmp_path, "parts")) == 24


def test_the_seed_alone_decides_who_trains(tmp_path: Path) -> None:
    dataset = told_apart_by_masks(tmp_path)
    assert dataset.split(tmp_path, "parts", 3) == dataset.split(tmp_path, "parts", 3)
    assert dataset.split(tmp_path, "parts", 3).train != dataset.split(tmp_path, "parts", 4).train


def test_masks_decide_and_so_belong_to_the_data(tmp_path: Path) -> None:
    dataset = told_apart_by_masks(tmp_path)
    before = fingerprint(dataset, tmp_path, "parts")
    miniatures.write_mask(tmp_path / "kos01/Part0_label.png")
    assert tmp_path / "kos01/Part0_label.png" in dataset.files(tmp_path, "parts")
    assert fingerprint(dataset, tmp_path, "parts") != before


def test_a_mixed_image_without_a_mask_is_refused_unless_that_means_good(tmp_path: Path) -> None:
    dataset = told_apart_by_masks(tmp_path)
    (tmp_path / "kos02/Part2_label.png").unlink()
    with pytest.raises(DataError, match=r"mixed: kos02/Part2\.jpg has no mask; expected .*kos02/Part2_label\.png"):
        dataset.split(tmp_path, "parts", 0)
    dataset = told_apart_by_masks(tmp_path, "no_mask_is_good = true")
    (tmp_path / "kos02/Part2_label.png").unlink()
    split = dataset.split(tmp_path, "parts", 0)
    assert sum(sample.is_defect for sample in split.test) == 3


def test_a_mask_among_its_images_is_no_image(tmp_path: Path) -> None:
    unknown_folders.items_of_one_suffix(tmp_path)
    text = '[categories.parts]\nmixed = "item-*/*.png"\nmasks = "{folder}/{stem}_GT.png"'
    (tmp_path / "dataset.toml").write_text(text, encoding="utf-8")
    split = FolderDataset(tmp_path).split(tmp_path, "parts", 0)
    assert not [sample for sample in (*split.train, *split.test) if sample.id.endswith("_GT.png")]
    assert len(split.train) + len(split.test) == 16


def test_defects_among_training_images_are_left_out(tmp_path: Path) -> None:
    unknown_folders.divided_and_mixed(tmp_path)
    text = '[categories.parts]\ntrain_mixed = "train"\ntest_mixed = "test"\nmasks = "{folder}/{stem}_GT.png"'
    (tmp_path / "dataset.toml").write_text(text, encoding="utf-8")
    split = FolderDataset(tmp_path).split(tmp_path, "parts", 0)
    assert (len(split.train), len(split.test)) == (4, 5)
    assert split.left_out == tuple((f"train/1000{n}.png", "defect image in the training part") for n in (0, 1))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['groups = "^(kos01)/"'], r"\[categories\.parts\], groups: '\^\(kos01\)/' finds no group in kos02/Part0\.jpg"),
        (['groups = "(kos)"'], r"expected at least 2 groups of normal images to divide .*, got 1"),
    ],
)
def test_groups_that_cannot_be_divided_are_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        told_apart_by_masks(tmp_path, *lines).split(tmp_path, "parts", 0)


def test_a_description_elsewhere_gives_the_same_samples_and_is_part_of_the_data(tmp_path: Path) -> None:
    beside = told_apart_by_masks(tmp_path / "images")
    text = (tmp_path / "images/dataset.toml").read_text(encoding="utf-8")
    (tmp_path / "parts.toml").write_text(f'folder = "{tmp_path / "images"}"\n' + text, encoding="utf-8")
    elsewhere = FolderDataset(tmp_path / "parts.toml")
    assert elsewhere.split(tmp_path, "parts", 0) == beside.split(tmp_path, "parts", 0)
    before = fingerprint(elsewhere, tmp_path, "parts")
    (tmp_path / "parts.toml").write_text(f'folder = "images"\n# other\n{text}', encoding="utf-8")
    assert fingerprint(elsewhere, tmp_path, "parts") != before
