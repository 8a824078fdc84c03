from dataclasses import replace
from pathlib import Path

import pytest

from harness.datasets._base import Split
from harness.datasets.finding import find
from harness.datasets.unreadable import leave_out_unreadable
from harness.errors import DataError
from tests.support import miniatures


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return miniatures.mvtec_ad(tmp_path)


def split(base: Path) -> Split:
    return find("mvtec_ad", base.parent).split(base.parent, "bottle", 0)


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:45])


def test_a_sound_split_stays_as_it_is(base: Path) -> None:
    whole = split(base)
    rest, unreadable = leave_out_unreadable(whole, "mvtec_ad/bottle")
    assert rest is whole
    assert unreadable == ()


def test_training_and_test_images_and_images_of_damaged_masks_are_left_out(base: Path) -> None:
    bottle = base / "bottle"
    damage(bottle / "train/good/002.png")
    damage(bottle / "test/good/001.png")
    damage(bottle / "ground_truth/hole/001_mask.png")
    whole = split(base)
    rest, unreadable = leave_out_unreadable(whole, "mvtec_ad/bottle")
    gone = ["bottle/test/good/001.png", "bottle/test/hole/001.png", "bottle/train/good/002.png"]
    assert [one.sample_id for one in unreadable] == gone
    assert [sample.id for sample in rest.train] == [sample.id for sample in whole.train if sample.id not in gone]
    assert [sample.id for sample in rest.test] == [sample.id for sample in whole.test if sample.id not in gone]
    assert rest.left_out == whole.left_out


def test_the_reason_names_the_file_and_what_is_wrong(base: Path) -> None:
    image, mask = base / "bottle/test/good/001.png", base / "bottle/ground_truth/hole/001_mask.png"
    image.write_bytes(b"")
    damage(mask)
    _, (of_image, of_mask) = leave_out_unreadable(split(base), "mvtec_ad/bottle")
    assert of_image.reason == f"{image}: is empty (0 bytes); was it copied to its end?"
    assert of_mask.reason.startswith(f"bottle/test/hole/001.png: its mask {mask}: cannot be read as an image (")


def test_too_little_left_is_refused_with_the_first_reason(base: Path) -> None:
    whole = split(base)
    only = replace(whole, train=whole.train[:1])
    damage(only.train[0].image)
    with pytest.raises(DataError, match=r"no training image; .* 1 unreadable image left out; the first: .*: cannot be"):
        leave_out_unreadable(only, "mvtec_ad/bottle")
