"""Runs that keep their detectors and measure a threshold from good images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

import harness
from harness.datasets.finding import find
from harness.errors import SettingsError
from harness.images import read_rgb, resize_rgb
from harness.methods import METHODS
from harness.store import RecordStore
from tests.support import miniatures

COMMON: dict[str, Any] = {
    "datasets": ["demo/board"],
    "protocol": {"image_size_px": 32},
    "workers": 0,
    "device": "cpu",
}
GAUSSIAN = {"gaussian": {"backbone": "filter_bank", "grid_stride_px": 8}}


def test_a_kept_detector_gives_the_scores_of_the_record(tmp_path: Path) -> None:
    done = harness.run(**COMMON, methods=GAUSSIAN, results=str(tmp_path), keep_models="all")
    (cell,) = done.cells
    folder = tmp_path / "models/demo/board" / f"gaussian-seed0-{cell.id}"
    detector = harness.load(folder)
    assert detector.thresholds is None
    assert detector.description.origin.data_fingerprint == cell.data_fingerprint
    samples = {sample.id: sample for sample in find("demo", tmp_path).split(tmp_path, "board", 0).test}
    for stored in RecordStore(str(tmp_path)).image_scores(cell.id)[:4]:
        pixels = resize_rgb(read_rgb(samples[stored.image_id].image), detector.description.size_px)
        assert detector.judge_pixels(pixels).score == pytest.approx(stored.anomaly_score, rel=1e-4)


def test_folds_set_a_threshold_and_the_record_says_what_it_does(tmp_path: Path) -> None:
    done = harness.run(
        **COMMON, methods=GAUSSIAN, results=str(tmp_path), keep_models="all", calibration_folds=2, false_alarms=0.1
    )
    (row,) = done.frame.to_dict("records")
    (cell,) = done.cells
    detector = harness.load(tmp_path / "models/demo/board" / f"gaussian-seed0-{cell.id}")
    assert detector.thresholds is not None
    assert detector.thresholds.num_images == row["num_train"]
    assert row["threshold"] == "2 folds, order 0.1"
    assert 0 <= row["false_alarm_rate"] < 0.5
    scores = RecordStore(str(tmp_path)).image_scores(cell.id)
    is_alarm = [each.anomaly_score > detector.thresholds.score for each in scores]
    found = sum(alarm and each.is_defect for alarm, each in zip(is_alarm, scores, strict=True))
    assert row["verdict_recall"] == pytest.approx(found / row["num_test_defect"])
    assert row["false_alarm_rate"] == pytest.approx((sum(is_alarm) - found) / row["num_test_normal"])


def test_folds_change_neither_the_cell_nor_its_maps(tmp_path: Path) -> None:
    plain, folded = (
        harness.run(**COMMON, methods=GAUSSIAN, results=str(tmp_path / str(folds)), calibration_folds=folds)
        for folds in (0, 2)
    )
    assert plain.cells[0].id == folded.cells[0].id
    assert list(plain.frame["maps_sha256"]) == list(folded.frame["maps_sha256"])
    assert np.isnan(plain.frame["verdict_f1"]).all()


def test_best_keeps_one_detector_of_each_category(tmp_path: Path) -> None:
    done = harness.run(
        **COMMON | {"datasets": ["demo"], "categories": ["board", "tile"]},
        methods=GAUSSIAN | {"constant": {}},
        results=str(tmp_path),
        keep_models="best",
    )
    kept = sorted(path.parent.parent.name for path in tmp_path.glob("models/demo/*/*/model.json"))
    assert kept == ["board", "tile"]
    assert all(path.name.startswith("gaussian") for path in tmp_path.glob("models/demo/*/*"))
    assert len(done.cells) == 4


def test_what_cannot_be_kept_is_said_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "can_be_kept", False)
    with pytest.raises(SettingsError, match=r"--keep-models: constant cannot be kept; run it without --keep-models"):
        harness.run(**COMMON, methods=["constant"], results=str(tmp_path), keep_models="all")
    assert not list(tmp_path.glob("records/*"))


def test_one_fold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--calibration-folds: expected 0 or at least 2, got 1"):
        harness.run(**COMMON, methods=["constant"], results=str(tmp_path), calibration_folds=1)


def test_a_threshold_that_cannot_be_set_is_refused_before_anything_is_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "fit", lambda *arguments: pytest.fail("was fitted"))
    few = {"methods": ["constant"], "results": str(tmp_path), "policy": "always"}
    done = harness.run(**COMMON, **few, calibration_folds=2, false_alarms=0.001)
    assert "needs 999 good images" in done.frame["error"].item()
    done = harness.run(**COMMON, **few, calibration_folds=1000, false_alarms=0.2)
    assert "--calibration-folds: expected at most" in done.frame["error"].item()


VALIDATED = COMMON | {"datasets": ["mvtec_ad_2/can"]}
VALIDATION_IDS = [f"can/validation/good/{number:03d}_regular.png" for number in range(2)]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A data root with one scenario of MVTec AD 2."""
    miniatures.mvtec_ad_2_scenario(tmp_path / "data", "can")
    return tmp_path / "data"


def test_validation_images_set_the_threshold_by_the_rule_of_their_authors(scenario: Path, tmp_path: Path) -> None:
    done = harness.run(**VALIDATED, data=scenario, methods=GAUSSIAN, results=str(tmp_path), keep_models="all")
    (cell,), (row,) = done.cells, done.frame.to_dict("records")
    (folder,) = tmp_path.glob("models/mvtec_ad_2/can/*")
    detector = harness.load(folder)
    description, limits = detector.description, detector.thresholds
    assert limits is not None
    assert [each.image for each in description.held_out] == VALIDATION_IDS
    assert (limits.rule, row["threshold"]) == ("mean-3sd", "validation, mean-3sd")
    assert (description.origin.num_images, row["num_train"]) == (4, 4)
    maps = [detector.judge_pixels(read_rgb(scenario / "mvtec_ad_2" / name)).map_YX for name in VALIDATION_IDS]
    pixels = np.stack(maps).astype(np.float64)
    assert limits.pixel == pytest.approx(pixels.mean() + 3 * pixels.std(), rel=1e-4)
    test = find("mvtec_ad_2", scenario).split(scenario, "can", 0).test
    alarms = [bool(detector.judge_pixels(read_rgb(sample.image)).map_YX.max() > limits.pixel) for sample in test]
    assert row["class_f1"] == pytest.approx(f1_score([sample.is_defect for sample in test], alarms))
    assert 0 <= row["seg_f1"] <= 1
    scores = [each.anomaly_score > limits.score for each in RecordStore(str(tmp_path)).image_scores(cell.id)]
    assert row["verdict_f1"] == pytest.approx(
        f1_score([sample.is_defect for sample in test], scores, zero_division=0.0)
    )


def test_with_validation_images_folds_fit_nothing_and_another_rule_may_be_asked_for(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[int] = []
    fit = METHODS.get("constant").fit
    monkeypatch.setattr(
        METHODS.get("constant"),
        "fit",
        lambda self, images, report: (fitted.append(len(images)), fit(self, images, report)),
    )
    asked: dict[str, Any] = {"methods": ["constant"], "calibration_folds": 3, "threshold_rule": "order"}
    harness.run(**VALIDATED, **asked, data=scenario, results=str(tmp_path), false_alarms=0.4, keep_models="all")
    (folder,) = tmp_path.glob("models/mvtec_ad_2/can/*")
    limits = harness.load(folder).thresholds
    assert limits is not None
    assert (fitted, limits.rule, limits.false_alarms, limits.num_images) == ([4], "order", 0.4, 2)


def test_too_few_validation_images_set_no_threshold_and_the_cell_goes_on(scenario: Path, tmp_path: Path) -> None:
    warnings: list[str] = []

    def listen(event: Any) -> None:
        warnings.extend(getattr(getattr(event, "outcome", None), "warnings", ()))

    done = harness.run(
        **VALIDATED, data=scenario, methods=["constant"], results=str(tmp_path), threshold_rule="order", on_event=listen
    )
    assert done.num_failed == 0
    assert done.frame[["verdict_f1", "seg_f1", "class_f1", "threshold"]].isna().all(axis=None)
    assert done.frame["aupro_05"].notna().all()
    message = (
        "no threshold: rule order for 5 % false alarms needs 19 validation images that are no near duplicates, got 2"
    )
    assert message in warnings


def test_validation_images_change_no_map(scenario: Path, tmp_path: Path) -> None:
    runs = [harness.run(**VALIDATED, data=scenario, methods=GAUSSIAN, results=str(tmp_path / "with"))]
    for name in VALIDATION_IDS:
        (scenario / "mvtec_ad_2" / name).unlink()
    runs.append(harness.run(**VALIDATED, data=scenario, methods=GAUSSIAN, results=str(tmp_path / "without")))
    assert runs[0].frame["maps_sha256"].item() == runs[1].frame["maps_sha256"].item()
    assert runs[1].frame["seg_f1"].isna().all()


def test_a_damaged_validation_image_is_left_out_where_that_is_asked_for(scenario: Path, tmp_path: Path) -> None:
    miniatures.truncate(scenario / "mvtec_ad_2" / VALIDATION_IDS[0])
    asked: dict[str, Any] = {"methods": ["constant"], "policy": "always", "results": str(tmp_path)}
    failed = harness.run(**VALIDATED, **asked, data=scenario)
    assert VALIDATION_IDS[0] in failed.frame["error"].item()
    done = harness.run(
        **VALIDATED, **asked, data=scenario, skip_unreadable=True, threshold_rule="order", false_alarms=0.5
    )
    assert (done.num_failed, done.frame["num_unreadable"].item()) == (0, 1)
    assert done.frame["verdict_f1"].notna().all()
