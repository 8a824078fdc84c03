from pathlib import Path

from harness.datasets import Saturation
from harness.datasets.ground_truth import read_regions
from harness.datasets.readers.autovi import AutoVI
from harness.datasets.readers.mvtec_loco import MVTecLOCO
from tests.support import miniatures


def test_an_image_has_as_many_masks_as_its_folder_has_files(tmp_path: Path) -> None:
    truth = miniatures.autovi(tmp_path) / "pipe_clip/ground_truth/unclipped"
    split = AutoVI().split(tmp_path, "pipe_clip", 0)
    assert [sample.masks for sample in split.test[4:]] == [
        (truth / "0000/0000.png",),
        (truth / "0001/0000.png", truth / "0001/0001.png"),
    ]


def test_masks_in_colour_have_the_saturation_of_their_grey_value(tmp_path: Path) -> None:
    miniatures.autovi(tmp_path)
    split = AutoVI().split(tmp_path, "pipe_clip", 0)
    assert split.saturations == (
        Saturation(pixel_value=255, threshold=1.0, is_relative=True),
        Saturation(pixel_value=254, threshold=40.0, is_relative=False),
    )
    areas = [area for _, area in read_regions(split.test[5], split.saturations, miniatures.SIZE_PX)]
    assert areas == [40.0, 120.0]


def test_its_overlap_is_that_of_all_images_and_not_a_mean_over_kinds(tmp_path: Path) -> None:
    miniatures.autovi(tmp_path)
    miniatures.mvtec_loco(tmp_path)
    assert not AutoVI().split(tmp_path, "pipe_clip", 0).spro_by_kind
    assert MVTecLOCO().split(tmp_path, "pushpins", 0).spro_by_kind


def test_a_missing_mask_is_expected_under_its_published_name(tmp_path: Path) -> None:
    truth = miniatures.autovi(tmp_path) / "pipe_clip/ground_truth/operator/0000"
    (truth / "0000.png").unlink()
    assert AutoVI().split(tmp_path, "pipe_clip", 0).test[2].mask == truth / "0000.png"
