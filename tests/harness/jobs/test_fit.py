import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import harness
from harness.bundles.bundle import read_description
from harness.errors import BenchError, BundleError, DataError, SettingsError
from harness.jobs.fit import FitProgress, Kept, Left
from harness.methods import METHODS
from tests.support import miniatures, photographs
from tests.support.detectors import fit_bundle, write_parts


@pytest.fixture
def copy(parts: Path, tmp_path: Path) -> Path:
    return shutil.copytree(parts, tmp_path / "parts")


@pytest.fixture
def _nothing_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(self: object, *arguments: object) -> None:
        raise AssertionError("fitted before all was checked")

    monkeypatch.setattr(METHODS.get("constant"), "fit", fit)


def test_a_share_is_held_out_and_the_rest_is_fitted(parts: Path, tmp_path: Path) -> None:
    description = read_description(fit_bundle(parts, tmp_path / "out", "constant", share=0.5))
    assert (description.origin.num_images, len(description.held_out)) == (20, 20)


def test_with_folds_every_image_is_held_out_once_and_all_are_fitted(parts: Path, tmp_path: Path) -> None:
    events: list[Any] = []
    bundle = fit_bundle(parts, tmp_path / "out", folds=4, false_alarms=0.025, on_event=events.append)
    description = read_description(bundle)
    assert description.origin.num_images == 40
    assert len({each.image for each in description.held_out}) == 40
    assert {(event.fit, event.num_fits) for event in events if isinstance(event, FitProgress)} == {
        (number, 5) for number in range(1, 6)
    }
    assert [event.folder for event in events if isinstance(event, Kept)] == [bundle]


def test_validation_images_are_held_out_and_what_is_tested_is_not_fitted(tmp_path: Path) -> None:
    miniatures.mvtec_ad_2_scenario(tmp_path, "can")
    (bundle,) = harness.fit(
        datasets=["mvtec_ad_2/can"], methods=["constant"], protocol={"image_size_px": 32}, data=tmp_path,
        out=tmp_path / "out",
    )  # fmt: skip
    description = read_description(bundle)
    assert description.origin.num_images == 4
    assert [each.image for each in description.held_out] == [
        f"can/validation/good/{number:03d}_regular.png" for number in range(2)
    ]
    assert description.thresholds is not None
    assert description.thresholds.rule == "mean-3sd"


def test_twins_are_on_one_side(tmp_path: Path) -> None:
    for number in range(10):
        for exposure, pixels in enumerate(photographs.exposures(number)):
            photographs.write(tmp_path / f"parts/good/{number}-{exposure}.png", pixels)
    (tmp_path / "parts/dataset.toml").write_text('[categories.parts]\ntrain_good = "good"\n')
    description = read_description(fit_bundle(tmp_path / "parts", tmp_path / "out", "constant", false_alarms=0.3))
    tiles = [each.image.rpartition("/")[2].partition("-")[0] for each in description.held_out]
    assert all(tiles.count(tile) == 4 for tile in tiles)
    assert description.thresholds is not None
    assert description.thresholds.num_groups == len(set(tiles)) == 3
    with pytest.raises(DataError, match=r"needs 19 good images .* near duplicates, got 3"):
        fit_bundle(tmp_path / "parts", tmp_path / "other", "constant", false_alarms=0.05)


@pytest.mark.usefixtures("_nothing_is_fitted")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"false_alarms": 0.02}, r"rate of 2 % needs 49 good images .*, got 10; 10 images can show 9\.1 % at best"),
        ({"false_alarms": 0.02, "folds": 5}, r"needs 49 good images .*, got 40"),
        ({"false_alarms": 1.5}, r"false_alarms: "),
        ({"folds": 1}, r"folds: expected 0 or at least 2, got 1"),
        ({"folds": 41}, r"--calibration-folds: expected at most 40, .* got 41"),
        ({"share": 0.95}, r"expected at least 4 good images beside the 38 that are held out, got 2"),
        ({"rule": "median"}, r"rule: "),
        ({"methods": ["constant", "gaussian"]}, r"Expected one method and one seed"),
        ({"seeds": [0, 1]}, r"Expected one method and one seed"),
        ({"methods": ["constnt"]}, r"Unknown method 'constnt'\. Did you mean 'constant'\?"),
    ],
)
def test_a_mistake_is_found_before_anything_is_fitted(
    parts: Path, tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(BenchError, match=message):
        fit_bundle(parts, tmp_path / "out", "constant", **wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_a_method_that_cannot_be_kept_is_refused_before_it_is_fitted(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "can_be_kept", False)
    with pytest.raises(SettingsError, match=r"^constant cannot be kept: .* Expected one of .*mfrnet"):
        fit_bundle(parts, tmp_path / "out", "constant")


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_an_existing_folder_is_found_before_anything_is_fitted(parts: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"exists already; .* Give another --out"):
        fit_bundle(parts, tmp_path, "constant")


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_a_place_that_cannot_be_written_to_is_found_before_anything_is_fitted(parts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match=r"/file/out: nothing can be written there, because .*/file is no folder"):
        fit_bundle(parts, tmp_path / "file" / "out", "constant")


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_a_link_that_leads_nowhere_is_found_before_anything_is_fitted(parts: Path, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "gone")
    with pytest.raises(SettingsError, match=r"/out: nothing can be written there, because it is a link that leads now"):
        fit_bundle(parts, tmp_path / "out", "constant")


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_a_file_where_the_folder_of_several_bundles_belongs_is_found_before_anything_is_fitted(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path / "data")
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(SettingsError, match=r"/out/mvtec_ad-bottle: nothing can be written there, because .*/out is"):
        harness.fit(
            datasets=["mvtec_ad"], methods=["constant"], protocol={"image_size_px": 32}, data=tmp_path / "data",
            out=tmp_path / "out",
        )  # fmt: skip


def test_a_full_disk_after_the_fit_is_one_line(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.bundles.bundle.save_tensors", full)
    with pytest.raises(BundleError, match=r"/out: cannot be written \(No space left on device\)\.$"):
        fit_bundle(parts, tmp_path / "out", "constant")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_too_few_good_images_are_an_error_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"parts/parts: expected at least 4 good images, got 3"):
        fit_bundle(write_parts(tmp_path / "parts", 3), tmp_path / "out", "constant")


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_an_unreadable_image_is_refused_and_the_message_says_how_to_go_on(copy: Path, tmp_path: Path) -> None:
    (copy / "good/bad one.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"bad one\.png: .* To fit without such images: --skip-unreadable\.$"):
        fit_bundle(copy, tmp_path / "out", "constant")


def test_unreadable_images_are_left_out_and_named(copy: Path, tmp_path: Path) -> None:
    (copy / "good/bad one.png").write_bytes(b"no image")
    whole = (copy / "good/000.png").read_bytes()
    (copy / "good/000.png").write_bytes(whole[: len(whole) // 2])
    events: list[Any] = []
    bundle = fit_bundle(copy, tmp_path / "out", "constant", skip_unreadable=True, on_event=events.append)
    reasons = [event.reason for event in events if isinstance(event, Left)]
    assert ["000.png" in reasons[0], "bad one.png" in reasons[1], len(reasons)] == [True, True, 2]
    description = read_description(bundle)
    assert description.origin.num_images + len(description.held_out) == 39


def test_what_is_stopped_in_the_middle_leaves_no_bundle(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt("in the middle")

    monkeypatch.setattr(METHODS.get("gaussian"), "state", interrupted)
    with pytest.raises(KeyboardInterrupt, match="in the middle"):
        fit_bundle(parts, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_several_categories_are_bundles_in_one_folder(tmp_path: Path) -> None:
    bundles = harness.fit(
        datasets=["demo"], categories=["board", "nut"], methods=["constant"], protocol={"image_size_px": 32},
        out=tmp_path / "out", false_alarms=0.2,
    )  # fmt: skip
    assert [path.relative_to(tmp_path).as_posix() for path in bundles] == ["out/demo-board", "out/demo-nut"]
    assert [read_description(path).origin.category for path in bundles] == ["board", "nut"]


def test_equal_seeds_give_equal_bundles(parts: Path, bundle: Path, tmp_path: Path) -> None:
    again, other = (read_description(fit_bundle(parts, tmp_path / str(seed), seeds=[seed])) for seed in (0, 1))
    first = read_description(bundle)
    assert again.tensors_sha256 == first.tensors_sha256
    assert (again.held_out, again.thresholds) == (first.held_out, first.thresholds)
    assert {each.image for each in other.held_out} != {each.image for each in first.held_out}


def test_held_out_scores_are_what_the_kept_detector_says(parts: Path, bundle: Path) -> None:
    detector = harness.load(bundle)
    for each in read_description(bundle).held_out:
        with Image.open(parts / "good" / Path(each.image).name) as image:
            judged = detector.judge_pixels(np.array(image))
        assert judged.score == pytest.approx(each.score, rel=1e-3)
        assert float(judged.map_YX.max()) == pytest.approx(each.map_max, rel=1e-3)


def test_settings_that_the_method_refuses_name_the_data(parts: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^gaussian on parts/parts: "):
        fit_bundle(parts, tmp_path / "out", overrides={"gaussian": {"grid_stride_px": 512}})
