from dataclasses import replace
from pathlib import Path

import pytest

from harness.datasets.demo import Demo
from harness.datasets.folder import FolderDataset
from harness.datasets.ksdd import KolektorSDD
from harness.datasets.mtd import MagneticTileDefects
from harness.datasets.mvtec_ad import MVTecAD
from harness.datasets.verification import CategoryCount, VerificationReport, verify
from harness.errors import DataError
from tests.support import miniatures


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


def test_finds_nothing_wrong_with_the_demo() -> None:
    report = verify(Demo(), Path())
    assert report.is_sound
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
    assert "no label beside it" in problems(verify(KolektorSDD(), tmp_path))["ksdd"]


def test_a_described_folder_has_no_published_counts(tmp_path: Path) -> None:
    assert verify(FolderDataset(miniatures.castings(tmp_path)), tmp_path).is_sound


def test_refuses_a_data_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'mvtec_ad' is not in"):
        verify(MVTecAD(), tmp_path)
