"""Runs that keep their detectors and measure a threshold from good images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.datasets.finding import find
from harness.errors import SettingsError
from harness.images import read_rgb, resize_rgb
from harness.methods import METHODS
from harness.store import RecordStore
from tests.support.cells import TINY_SETTINGS

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


@pytest.mark.parametrize("method", [GAUSSIAN, {"mfrnet": TINY_SETTINGS}])
def test_a_kept_detector_judges_corrupted_images_as_one_that_is_fitted_again(
    method: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy = {**COMMON, "methods": method, "corrupt": "noise:2"}
    fitted = harness.run(noisy, results=str(tmp_path / "fitted"))
    clean = harness.run(COMMON, methods=method, results=str(tmp_path), keep_models="all")

    def refuse(*of: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(METHODS.get(next(iter(method))), "fit", refuse)
    kept = harness.run(noisy, results=str(tmp_path), keep_models="all")
    assert kept.num_failed == 0
    assert kept.frame["maps_sha256"].tolist() == fitted.frame["maps_sha256"].tolist()
    assert kept.cells[0].id != clean.cells[0].id == kept.cells[0].fit_id
    assert [path.name.split("-")[-1] for path in (tmp_path / "models/demo/board").iterdir()] == [clean.cells[0].id]


def test_without_a_kept_detector_a_corrupted_cell_keeps_the_undisturbed_one(tmp_path: Path) -> None:
    done = harness.run(COMMON, methods=GAUSSIAN, results=str(tmp_path), keep_models="all", corrupt="shift:1")
    (folder,) = (tmp_path / "models/demo/board").iterdir()
    assert folder.name == f"gaussian-seed0-{done.cells[0].fit_id}"


def test_folds_set_a_threshold_and_the_record_says_what_it_does(tmp_path: Path) -> None:
    done = harness.run(
        **COMMON, methods=GAUSSIAN, results=str(tmp_path), keep_models="all", calibration_folds=2, false_alarms=0.1
    )
    (row,) = done.frame.to_dict("records")
    (cell,) = done.cells
    detector = harness.load(tmp_path / "models/demo/board" / f"gaussian-seed0-{cell.id}")
    assert detector.thresholds is not None
    assert detector.thresholds.num_images == row["num_train"]
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
