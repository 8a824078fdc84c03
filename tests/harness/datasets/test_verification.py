import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.datasets.demo import Demo
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.readers.ksdd import KolektorSDD
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.datasets.readers.mvtec_ad import MVTecAD
from harness.datasets.readers.visa import VisA
from harness.datasets.verification import verify
from harness.datasets.verification_report import (
    CategoryCount,
    CategoryImages,
    CategoryTwins,
    PartialMasks,
    SplitTwins,
    VerificationReport,
)
from harness.images import read_grey
from tests.support import miniatures, photographs


class Bottle(MVTecAD):
    """A reader whose published counts are the miniature's."""

    info = replace(MVTecAD.info, counts={"bottle": (6, 7)})


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return miniatures.mvtec_ad(tmp_path, ("bottle",)) / "bottle"


def problems(report: VerificationReport) -> dict[str, str]:
    return {finding.file: finding.problem for finding in report.findings}


def checked(base: Path) -> dict[str, str]:
    return problems(verify(Bottle(), base.parent.parent))


def test_finds_nothing_wrong_with_sound_data(base: Path) -> None:
    report = verify(Bottle(), base.parent.parent)
    assert report.is_sound
    assert report.num_files == 17
    assert report.counts == (CategoryCount("bottle", 6, 3, 4, 0),)


def test_defects_that_the_default_protocol_does_not_see_are_told_and_are_no_fault(base: Path) -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[0, 0] = 255
    miniatures.write_image(base / "test/hole/000.png", 0, size_px=(1000, 1000))
    Image.fromarray(mask).save(base / "ground_truth/hole/000_mask.png")
    report = verify(Bottle(), base.parent.parent)
    assert report.is_sound
    assert report.vanished == (("bottle", "bottle/test/hole/000.png"),)


def test_finds_nothing_wrong_with_the_demo() -> None:
    report = verify(Demo(), Path())
    assert report.is_sound
    assert not any(twins.groups for twins in report.twins)
    assert len(report.counts) == 5


def test_finds_a_file_that_does_not_decode(base: Path) -> None:
    miniatures.truncate(base / "train/good/002.png")
    (base / "test/good/000.png").write_text("no image")
    found = checked(base)
    assert (
        found["bottle/test/good/000.png"]
        == "not an image in a format that can be read (BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP)."
    )
    assert "cannot be read as an image" in found["bottle/train/good/002.png"]
    assert len(found) == 2


def test_finds_wrong_missing_and_empty_masks(base: Path) -> None:
    miniatures.write_mask(base / "ground_truth/hole/000_mask.png", size_px=(10, 10))
    (base / "ground_truth/hole/001_mask.png").unlink()
    miniatures.write_mask(base / "ground_truth/stain/000_mask.png", empty=True)
    miniatures.truncate(base / "ground_truth/stain/001_mask.png")
    found = checked(base)
    assert "has 10 x 10 pixels" in found["bottle/test/hole/000.png"]
    assert "has no mask" in found["bottle/test/hole/001.png"]
    assert "empty mask" in found["bottle/test/stain/000.png"]
    assert "cannot be read" in found["bottle/ground_truth/stain/001_mask.png"]
    assert len(found) == 4


def test_masks_may_have_any_suffix(tmp_path: Path) -> None:
    for number in range(6):
        name = f"good/{number}.png" if number < 4 else f"bad/{number - 4}.png"
        miniatures.write_image(tmp_path / name, number, defect=number > 3)
    for number in range(2):
        miniatures.write_mask(tmp_path / f"masks/{number}.png")
        (tmp_path / f"masks/{number}.png").rename(tmp_path / f"masks/{number}.msk")
    (tmp_path / "dataset.toml").write_text(
        '[categories.parts]\ngood = "good"\nmasks = "masks/{stem}.msk"\n[categories.parts.test_defects]\nbad = "bad"\n'
    )
    report = verify(FolderDataset(tmp_path), tmp_path)
    assert report.findings == ()
    assert report.num_files == 8


def test_finds_a_mask_that_is_full(base: Path) -> None:
    Image.new("L", (48, 40), 255).save(base / "ground_truth/stain/000_mask.png")
    assert "a mask that is full: every grey value is above 127" in checked(base)["bottle/test/stain/000.png"]


def test_counts_mask_pixels_that_the_threshold_decides(base: Path) -> None:
    mask = np.zeros(miniatures.SIZE_PX, np.uint8)
    mask[0, :6] = 255, 254, 128, 127, 1, 0
    Image.fromarray(mask).save(base / "ground_truth/hole/000_mask.png")
    report = verify(Bottle(), base.parent.parent)
    assert report.is_sound
    assert report.partial_masks == (PartialMasks("bottle", 1, 4, 2, 2, 1 + 3 * 120),)


def test_masks_of_two_values_and_of_labels_have_no_such_pixels(base: Path) -> None:
    assert verify(Bottle(), base.parent.parent).partial_masks == ()
    miniatures.visa(base.parent.parent)
    assert verify(VisA(), base.parent.parent).partial_masks == ()


def test_finds_a_link_that_leads_nowhere(base: Path) -> None:
    (base / "train/good/000.png").unlink()
    (base / "train/good/000.png").symlink_to(base / "none.png")
    assert checked(base)["bottle/train/good/000.png"] == "is not there, or is a link that leads nowhere."


def test_says_what_the_images_are_like(base: Path) -> None:
    Image.new("L", (50, 44), 90).save(base / "train/good/000.png")
    (images,) = verify(Bottle(), base.parent.parent).images
    assert images == CategoryImages("bottle", (("RGB", 12), ("L", 1)), (40, 44), (48, 50), 2)


def test_names_copies_on_both_sides_and_calls_the_data_sound(base: Path) -> None:
    for target in ("train/good/001.png", "test/good/000.png", "test/hole/000.png"):
        shutil.copy(base / "train/good/000.png", base / target)
    report = verify(Bottle(), base.parent.parent)
    (twins,) = report.twins
    train = ("bottle/train/good/000.png", "bottle/train/good/001.png")
    test = ("bottle/test/good/000.png", "bottle/test/hole/000.png")
    assert twins == CategoryTwins("bottle", (SplitTwins(train, test, (), True, 1.0),), 2, 1, 1)
    assert twins.groups[0].crosses
    assert report.is_sound


@pytest.mark.parametrize(("name", "leaks"), [("published", True), ("grouped", False), ("kfold-3-1", False)])
def test_finds_twins_on_two_sides_of_the_split_that_is_asked_for(tmp_path: Path, name: str, leaks: bool) -> None:
    photographs.mtd(tmp_path)
    report = verify(MagneticTileDefects(), tmp_path, name)
    (twins,) = report.twins
    assert report.split == name
    assert len(twins.groups) == 12
    assert any(group.crosses for group in twins.groups) == leaks
    assert (twins.num_test_good_with_twin_in_train > 0) == leaks
    assert not any(group.are_copies for group in twins.groups)


def test_counts_are_compared_under_the_published_split_only(base: Path) -> None:
    shutil.copy(base / "test/good/000.png", base / "train/good/000.png")
    assert verify(Bottle(), base.parent.parent, "grouped").is_sound


def test_decodes_each_file_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Path] = []

    def counting(path: Path) -> np.ndarray:
        decoded.append(path)
        return read_grey(path)

    for path in base.rglob("*.png"):
        os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    monkeypatch.setattr("harness.datasets.image_facts.read_grey", counting)
    for _ in range(2):
        assert verify(Bottle(), base.parent.parent).is_sound
    assert sorted(decoded) == sorted(base.rglob("*.png"))


def test_tells_how_far_it_is(base: Path) -> None:
    told: list[tuple[str, int, int]] = []
    verify(Bottle(), base.parent.parent, on_progress=lambda *news: told.append(news))
    assert told[-1] == ("mvtec_ad", 17, 17)


def test_compares_counts_with_the_published_ones(base: Path) -> None:
    (base / "train/good/000.png").unlink()
    assert checked(base) == {"bottle": "5 training images, where 6 were published"}


def test_reports_published_categories_that_are_not_here(base: Path) -> None:
    assert problems(verify(MVTecAD(), base.parent.parent))["zipper"] == "this published category is not here"


def test_finds_files_that_belong_to_no_category(base: Path) -> None:
    miniatures.write_image(base / "train/bad/000.png", 1)
    miniatures.write_image(base / "train/bad/001.png", 2)
    miniatures.write_mask(base / "ground_truth/hole/999_copy.png")
    miniatures.write_image(base / ".thumbnails/000.png", 1)
    (base / "readme.txt").write_text("kept")
    found = checked(base)
    assert found == {"bottle/train/bad/": "2 images that belong to no category"}


def test_left_out_images_are_reported_and_are_not_findings(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    report = verify(MagneticTileDefects(), tmp_path)
    assert [sample_id for sample_id, _ in report.left_out] == ["MT_Uneven/Imgs/exp1_num_101.jpg"]
    assert set(problems(report)) == {"mtd"}


def test_a_split_that_cannot_be_made_is_a_finding(tmp_path: Path) -> None:
    base = miniatures.ksdd(tmp_path)
    (base / "kos01/Part0_label.png").unlink()
    assert "has no mask" in problems(verify(KolektorSDD(), tmp_path))["ksdd"]
