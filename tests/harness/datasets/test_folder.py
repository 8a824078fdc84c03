import shutil
from pathlib import Path

import pytest

from harness.datasets.catalog import find
from harness.datasets.folder import FolderDataset
from harness.datasets.preflight import check_split
from harness.errors import DataError
from tests.support import miniatures


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
    shutil.copy(Path(__file__).parents[3] / "docs/fabric.toml", base / "dataset.toml")
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
    with pytest.raises(DataError, match=r"\[categories\.front\], train_good: 'front/trian' matches no image; a folder"):
        dataset.split(tmp_path, "front", 0)


def test_refuses_an_image_in_two_lists(tmp_path: Path) -> None:
    dataset = rewritten(tmp_path, 'test_good = "back/ok"', 'test_good = ["back/ok", "back/train/0.png"]')
    with pytest.raises(DataError, match=r"\[categories\.back\]: back/train/0\.png is matched twice"):
        dataset.split(tmp_path, "back", 0)


def test_refuses_two_images_with_one_mask(tmp_path: Path) -> None:
    dataset = rewritten(tmp_path, "front/masks/{kind}/{stem}_mask.png", "front/masks/dent/{stem}_mask.png")
    with pytest.raises(DataError, match=r"front/test/dent/0\.png and front/test/scratch/0\.png share the mask 0_mask"):
        dataset.split(tmp_path, "front", 0)
