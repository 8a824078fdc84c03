from dataclasses import replace
from pathlib import Path

import pytest

from harness.datasets import Split
from harness.datasets.preflight import check_split
from harness.datasets.readers.mvtec_ad import MVTecAD
from harness.errors import DataError
from tests.support import miniatures


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return miniatures.mvtec_ad(tmp_path, ("bottle",)) / "bottle"


def split_of(base: Path) -> Split:
    return MVTecAD().split(base.parent.parent, "bottle", 0)


def test_passes_a_sound_split(base: Path) -> None:
    check_split(split_of(base), "mvtec_ad/bottle")


def test_passes_truncated_files_which_fail_in_their_cell(base: Path) -> None:
    for name in ("train/good/000.png", "test/hole/000.png", "ground_truth/stain/000_mask.png"):
        miniatures.truncate(base / name)
    (base / "test/hole/001.png").write_bytes(b"")
    check_split(split_of(base), "mvtec_ad/bottle")


def test_refuses_an_empty_train_folder(base: Path) -> None:
    for path in (base / "train/good").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"^mvtec_ad/bottle: no training image; at least one normal image is needed"):
        check_split(split_of(base), "mvtec_ad/bottle")


def test_refuses_a_split_without_test_images(base: Path) -> None:
    with pytest.raises(DataError, match=r"mvtec_ad/bottle: no test image; normal and defect images are needed"):
        check_split(replace(split_of(base), test=()), "mvtec_ad/bottle")


@pytest.mark.parametrize(("is_defect", "word"), [(True, "normal"), (False, "defect")])
def test_refuses_a_test_set_of_one_class(base: Path, is_defect: bool, word: str) -> None:
    split = split_of(base)
    one_class = replace(split, test=tuple(s for s in split.test if s.is_defect == is_defect))
    with pytest.raises(DataError, match=rf"none of the \d test images is a {word} image; at least one normal and one"):
        check_split(one_class, "mvtec_ad/bottle")


def test_refuses_a_missing_mask(base: Path) -> None:
    (base / "ground_truth/stain/001_mask.png").unlink()
    with pytest.raises(DataError, match=r"bottle/test/stain/001\.png has no mask; expected .*stain/001_mask\.png"):
        check_split(split_of(base), "mvtec_ad/bottle")


def test_refuses_a_mask_of_another_size(base: Path) -> None:
    miniatures.write_mask(base / "ground_truth/stain/001_mask.png", size_px=(48, 40))
    with pytest.raises(
        DataError, match=r"stain/001_mask\.png has 48 x 40 pixels.*stain/001\.png has 40 x 48; both must"
    ):
        check_split(split_of(base), "mvtec_ad/bottle")


def test_refuses_an_image_that_is_not_there(base: Path) -> None:
    split = split_of(base)
    (base / "train/good/003.png").unlink()
    with pytest.raises(DataError, match=r"^mvtec_ad/bottle: expected an image at bottle/train/good/003\.png, got no"):
        check_split(split, "mvtec_ad/bottle")


def test_refuses_an_image_that_is_listed_twice(base: Path) -> None:
    split = split_of(base)
    with pytest.raises(DataError, match=r"bottle/test/good/000\.png is listed twice; each image either trains or is"):
        check_split(replace(split, train=(*split.train, split.test[0])), "mvtec_ad/bottle")


def test_looks_at_every_mask_of_an_image(base: Path) -> None:
    split = split_of(base)
    second = base / "ground_truth/stain/second.png"
    both = replace(split, test=(*split.test[:-1], replace(split.test[-1], further_masks=(second,))))
    with pytest.raises(DataError, match=r"stain/001\.png has no mask; expected .*stain/second\.png"):
        check_split(both, "mvtec_ad/bottle")
    miniatures.write_mask(second, size_px=(48, 40))
    with pytest.raises(DataError, match=r"stain/second\.png has 48 x 40 pixels"):
        check_split(both, "mvtec_ad/bottle")
