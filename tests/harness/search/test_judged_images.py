import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.config import Protocol
from harness.datasets.readers.mvtec_ad import MVTecAD
from harness.errors import DataError
from harness.images import read_mask, read_rgb
from harness.search.judged_images import JudgedCategory, judged_on
from harness.spaces import Selection
from harness.synthetic.visible import VISIBLE_LEVELS
from tests.support import miniatures
from tests.support.searches import searchable
from tests.support.tiny_dataset import TinyDataset

PROTOCOL = Protocol(image_size_px=32)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    searchable(tmp_path)
    return tmp_path


def judged(root: Path, selection: Selection = "synthetic", seed: int = 0) -> JudgedCategory:
    return judged_on(selection, MVTecAD(), root, "bottle", "published", PROTOCOL, seed, folder=root / "search")


def ids(samples: object) -> set[str]:
    return {sample.id for sample in samples}  # type: ignore[attr-defined]


def test_held_out_images_neither_train_nor_come_from_the_test_images(root: Path) -> None:
    found = judged(root)
    own = MVTecAD().split(root, "bottle", 0)
    normal = ids(sample for sample in found.split.test if not sample.is_defect)
    assert len(normal) == 4
    assert ids(found.split.train) | normal == ids(own.train)
    assert not ids(found.split.train) & normal
    assert not (ids(found.split.train) | ids(found.split.test)) & ids(own.test)


def test_no_near_duplicate_of_a_held_out_image_is_fitted(root: Path) -> None:
    folder = root / "mvtec_ad/bottle/train/good"
    for number in range(12):
        shutil.copy(folder / f"{number:03d}.png", folder / f"{number + 12:03d}.png")
    for seed in range(5):
        found = judged(root, seed=seed).split
        fitted = {int(sample.image.stem) % 12 for sample in found.train}
        held_out = [int(sample.image.stem) % 12 for sample in found.test if not sample.is_defect]
        assert len(held_out) == 4
        assert not fitted & set(held_out)


def test_as_many_defects_are_made_where_whole_groups_of_twins_leave_fewer_images(root: Path) -> None:
    folder = root / "mvtec_ad/bottle/train/good"
    for number in range(12):  # 36 images in groups of three: of seven that are wanted, six are held out
        for copy in (1, 2):
            shutil.copy(folder / f"{number:03d}.png", folder / f"{number + 12 * copy:03d}.png")
    found = judged(root).split
    normal, defects = (sum(sample.is_defect == side for sample in found.test) for side in (False, True))
    assert normal == 6
    assert defects == 30


def test_images_that_are_all_alike_are_held_out_one_by_one(root: Path) -> None:
    folder = root / "mvtec_ad/bottle/train/good"
    for number in range(1, 12):
        shutil.copy(folder / "000.png", folder / f"{number:03d}.png")
    found = judged(root).split
    assert sum(not sample.is_defect for sample in found.test) == 4


def test_every_defect_has_a_mask_of_the_scoring_size_and_differs_from_normal_inside_it_alone(root: Path) -> None:
    found = judged(root)
    normal = [sample for sample in found.split.test if not sample.is_defect]
    defects = [sample for sample in found.split.test if sample.is_defect]
    assert len(defects) >= 30
    assert found.has_masks
    originals = [read_rgb(sample.image) for sample in normal]
    assert {read_rgb(sample.image).shape for sample in defects} == {(*found.size_px, 3)}
    for sample in defects:
        assert sample.mask is not None
        mask = read_mask(sample.mask, 127)
        assert mask.any()
        assert not mask.all()
    assert originals[0].shape != (*found.size_px, 3)


def test_the_test_folder_is_not_needed_and_decides_nothing(root: Path) -> None:
    before = judged(root)
    for part in ("test", "ground_truth"):
        shutil.rmtree(root / "mvtec_ad/bottle" / part)
    assert replace(judged(root), reported=before.reported) == before


def test_the_seed_decides_what_is_held_out(root: Path) -> None:
    assert judged(root) == judged(root)
    assert judged(root).key != judged(root, seed=1).key
    assert ids(judged(root).split.train) != ids(judged(root, seed=1).split.train)


def test_another_training_image_is_another_key(root: Path) -> None:
    before = judged(root).key
    miniatures.write_image(root / "mvtec_ad/bottle/train/good/003.png", 99)
    assert judged(root).key != before


def test_synthetic_images_are_written_once(root: Path) -> None:
    (mask,) = {sample.image.parent for sample in judged(root).split.test if sample.is_defect}
    stamps = {path.name: path.stat().st_mtime_ns for path in mask.iterdir()}
    judged(root)
    assert {path.name: path.stat().st_mtime_ns for path in mask.iterdir()} == stamps


def test_too_few_training_images_are_one_line(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path, ("bottle",))
    with pytest.raises(DataError, match=r"mvtec_ad/bottle: expected at least 8 training images, .* got 6"):
        judged(tmp_path)


def test_validation_and_what_is_reported_share_no_image_and_lose_none(root: Path) -> None:
    found = judged(root, "validation")
    reported = found.reported
    own = MVTecAD().split(root, "bottle", 0)
    assert found.split.train == reported.train == own.train
    assert not ids(found.split.test) & ids(reported.test)
    assert ids(found.split.test) | ids(reported.test) == ids(own.test)
    assert {sample_id for sample_id, _ in reported.left_out} == ids(found.split.test)


def test_validation_has_every_kind_on_both_sides(root: Path) -> None:
    found = judged(root, "validation")
    for part in (found.split.test, found.reported.test):
        assert {sample.defect_kind for sample in part} == {"good", "hole", "stain"}


def test_too_few_test_images_cannot_be_divided(root: Path) -> None:
    for number in (1, 2):
        (root / f"mvtec_ad/bottle/test/good/{number:03d}.png").unlink()
    with pytest.raises(DataError, match="5 test images cannot be divided into two parts with normal and defect"):
        judged(root, "validation")


def test_the_oracle_judges_on_the_test_images(root: Path) -> None:
    assert judged(root, "oracle").split == MVTecAD().split(root, "bottle", 0)


@pytest.mark.parametrize("is_drawn", [True, False])
def test_what_is_reported_is_the_split_under_the_seed_of_the_search(tmp_path: Path, is_drawn: bool) -> None:
    dataset = TinyDataset(tmp_path, range(20), range(20, 24), is_drawn=is_drawn)
    for number, path in enumerate(dataset.files(tmp_path, "tiny")):
        path.unlink()
        miniatures.write_image(path.with_suffix(".png"), number)
        path.with_suffix(".png").rename(path)
    found = judged_on("synthetic", dataset, tmp_path, "tiny", "published", PROTOCOL, 3, folder=tmp_path / "search")
    assert found.reported == dataset.split(tmp_path, "tiny", 3)
    assert found.reported.is_seeded == is_drawn


def test_defect_images_look_like_their_held_out_image_outside_the_mask(root: Path) -> None:
    # At the scoring size nothing is resized, so pixels can be compared.
    folder = root / "mvtec_ad/bottle/train/good"
    for path in sorted(folder.iterdir()):
        miniatures.write_image(path, int(path.stem), size_px=(32, 32))
    found = judged(root)
    normal = [read_rgb(sample.image) for sample in found.split.test if not sample.is_defect]
    for number, sample in enumerate(sample for sample in found.split.test if sample.is_defect):
        assert sample.mask is not None
        outside = ~read_mask(sample.mask, 127)
        made, before = (
            image[outside].astype(np.int64) for image in (read_rgb(sample.image), normal[number % len(normal)])
        )
        assert np.abs(made - before).max() < VISIBLE_LEVELS
