import json
from pathlib import Path
from typing import Any

import pytest

from harness.datasets import Saturation
from harness.datasets.readers.mvtec_loco import MVTecLOCO
from harness.errors import DataError
from tests.support import miniatures


def rewritten(root: Path, text: str) -> Path:
    path = miniatures.mvtec_loco(root) / "pushpins/defects_config.json"
    path.write_text(text, encoding="utf-8")
    return path


def with_entry(root: Path, **changes: Any) -> Path:
    return rewritten(root, json.dumps([miniatures.LOCO_CONFIG[0], miniatures.LOCO_CONFIG[1] | changes]))


def test_an_image_has_as_many_masks_as_its_folder_has_files(tmp_path: Path) -> None:
    base = miniatures.mvtec_loco(tmp_path)
    split = MVTecLOCO().split(tmp_path, "pushpins", 0)
    assert [s.defect_kind for s in split.test] == ["good"] * 2 + ["logical_anomalies"] * 2 + [
        "structural_anomalies"
    ] * 2
    truth = base / "pushpins/ground_truth/logical_anomalies"
    assert split.test[2].masks == (truth / "000/000.png",)
    assert split.test[3].masks == (truth / "001/000.png", truth / "001/001.png")


def test_validation_images_are_left_out_of_training_and_said_so(tmp_path: Path) -> None:
    miniatures.mvtec_loco(tmp_path)
    split = MVTecLOCO().split(tmp_path, "pushpins", 0)
    assert [sample.id for sample in split.train] == [f"pushpins/train/good/{n:03d}.png" for n in range(4)]
    assert [name for name, _ in split.left_out] == [f"pushpins/validation/good/{n:03d}.png" for n in range(2)]
    assert {reason for _, reason in split.left_out} == {"normal image of the published validation set"}
    assert [sample.id for sample in split.validation] == [name for name, _ in split.left_out]


def test_reads_the_saturations_of_its_metric(tmp_path: Path) -> None:
    miniatures.mvtec_loco(tmp_path)
    assert MVTecLOCO().split(tmp_path, "pushpins", 0).saturations == (
        Saturation(pixel_value=255, threshold=60.0, is_relative=False),
        Saturation(pixel_value=240, threshold=0.5, is_relative=True),
    )


@pytest.mark.parametrize("text", ["[{", "\xff", ""])
def test_refuses_a_damaged_configuration(tmp_path: Path, text: str) -> None:
    path = rewritten(tmp_path, text)
    with pytest.raises(DataError, match=rf"^{path}: not valid JSON \(.*\); use the published file\.$"):
        MVTecLOCO().split(tmp_path, "pushpins", 0)


def test_refuses_a_configuration_of_another_shape(tmp_path: Path) -> None:
    path = rewritten(tmp_path, "{}")
    with pytest.raises(DataError, match=rf"^{path}: expected a list of defect types"):
        MVTecLOCO().split(tmp_path, "pushpins", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"pixel_value": 0},
        {"pixel_value": "240"},
        {"saturation_threshold": 0},
        {"saturation_threshold": 1.5},
        {"saturation_threshold": True},
        {"relative_saturation": 1},
        {"relative_saturation": False, "saturation_threshold": 0.5},
    ],
)
def test_refuses_an_entry_out_of_range(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = with_entry(tmp_path, **changes)
    with pytest.raises(DataError, match=rf"^{path}, entry 2: expected 1 to 255, .* for pixel_value, sat"):
        MVTecLOCO().split(tmp_path, "pushpins", 0)


def test_refuses_a_category_without_its_configuration(tmp_path: Path) -> None:
    (miniatures.mvtec_loco(tmp_path) / "pushpins/defects_config.json").unlink()
    with pytest.raises(DataError, match=r"defects_config\.json: cannot be read .*; it comes with the data set"):
        MVTecLOCO().split(tmp_path, "pushpins", 0)
