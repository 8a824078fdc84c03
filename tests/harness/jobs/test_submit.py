"""From the data set to the folder that the server takes, on a miniature of all eight scenarios with odd sizes."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import harness
from harness.bundles.bundle import read_description, rewrite_description
from harness.datasets.readers.mvtec_ad_2 import MVTecAD2
from harness.errors import BenchError, BundleError, DataError, SettingsError
from harness.jobs.fit import Kept
from harness.jobs.private_images import private_images
from harness.jobs.submit import Submitted, Written, check
from harness.methods import METHODS
from tests.support import miniatures

TILES = {"image_size_px": 32, "aspect": "tiles"}
COMMON: dict[str, Any] = {
    "methods": {"gaussian": {"backbone": "filter_bank", "grid_stride_px": 8}},
    "protocol": TILES,
    "device": "cpu",
}
NUM_PRIVATE = 2
NAMES = [f"{number:03d}" for number in range(NUM_PRIVATE)]


@pytest.fixture(scope="module", autouse=True)
def _few_private_images() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MVTecAD2, "private_counts", dict.fromkeys(MVTecAD2.private_counts, NUM_PRIVATE))
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    miniatures.whole_mvtec_ad_2(root)
    return root


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Submitted, list[Any]]:
    """A whole submission from the detectors of a run, and the events on the way; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    # Where maps meet masks decides metrics and no detector.
    of_run: dict[str, Any] = COMMON | {"protocol": TILES | {"resolution": "own"}, "datasets": ["mvtec_ad_2"]}
    run = harness.run(**of_run, data=data, results=str(folder), keep_models="all", workers=0)
    assert run.num_failed == 0
    assert run.frame[["aupro_05", "seg_f1", "class_f1"]].notna().all(axis=None)
    events: list[Any] = []
    done = harness.submit(
        **COMMON, data=data, out=folder / "submission", models=folder / "models", on_event=events.append
    )
    return done, events


@pytest.fixture
def copy(made: tuple[Submitted, list[Any]], tmp_path: Path) -> Path:
    """The submission with what lies beside it."""
    shutil.copytree(made[0].folder.parent, tmp_path / "copy")
    return tmp_path / "copy/submission"


def submitted(data: Path, out: Path, models: Path | None = None, **changes: Any) -> Submitted:
    return harness.submit(**COMMON | {"models": models or out.with_name("models")} | changes, data=data, out=out)


@pytest.fixture
def _two_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MVTecAD2, "private_counts", {"can": NUM_PRIVATE, "rice": NUM_PRIVATE})


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_the_published_names_types_and_sizes(made: tuple[Submitted, list[Any]], data: Path) -> None:
    # Written from the published layout, and not from the code that writes it.
    done, _ = made
    expected = {}
    for name, image in (
        (f"{group}/{part}/{number}_{light}", data / f"mvtec_ad_2/{group}/{part}/{number}_{light}.png")
        for group in MVTecAD2.info.counts
        for part, light in (("test_private", "regular"), ("test_private_mixed", "mixed"))
        for number in NAMES
    ):
        with Image.open(image) as opened:
            expected[name] = (opened.height, opened.width)
    assert len(expected) == done.num_images == done.num_written == 8 * 2 * NUM_PRIVATE
    wanted = {f"anomaly_images/{name}.tiff" for name in expected}
    wanted |= {f"anomaly_images_thresholded/{name}.png" for name in expected}
    assert content(done.folder).keys() == wanted
    values_of_masks: set[int] = set()
    for name, size_px in expected.items():
        values = tifffile.imread(done.folder / "anomaly_images" / f"{name}.tiff")
        mask = np.asarray(Image.open(done.folder / "anomaly_images_thresholded" / f"{name}.png"))
        assert (values.dtype, values.shape, mask.dtype, mask.shape) == (np.float16, size_px, np.uint8, size_px)
        assert np.isfinite(values).all()
        values_of_masks |= set(mask.ravel().tolist())
    assert values_of_masks == {0, 255}
    assert done.faults == ()


def test_maps_are_those_of_the_kept_detector_and_masks_follow_from_validation_images_alone(
    made: tuple[Submitted, list[Any]], data: Path
) -> None:
    done, _ = made
    (bundle,) = done.folder.parent.glob("models/mvtec_ad_2/rice/*")
    detector = harness.load(bundle)
    held_out = detector.description.held_out
    assert [each.image for each in held_out] == [f"rice/validation/good/{name}_regular.png" for name in NAMES]
    assert detector.description.origin.num_images == 4
    validation = np.stack([map_of(detector, data / "mvtec_ad_2" / each.image) for each in held_out]).astype(np.float64)
    threshold = validation.mean() + 3 * validation.std()
    expected = map_of(detector, data / "mvtec_ad_2/rice/test_private/001_regular.png")
    values = tifffile.imread(done.folder / "anomaly_images/rice/test_private/001_regular.tiff").astype(np.float64)
    scaled = (expected - validation.mean()) / (threshold - validation.mean())
    assert values == pytest.approx(scaled, rel=2e-3, abs=2e-3)
    mask = np.asarray(Image.open(done.folder / "anomaly_images_thresholded/rice/test_private/001_regular.png"))
    is_clear = np.abs(expected - threshold) > 1e-4 * threshold
    assert np.array_equal((mask == 255)[is_clear], (expected > threshold)[is_clear])
    assert mask.any()


def map_of(detector: Any, path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(detector.judge_pixels(np.array(image)).map_YX)


def test_kept_detectors_are_used_and_categories_are_written_in_turn(made: tuple[Submitted, list[Any]]) -> None:
    done, events = made
    assert all(isinstance(event, Written) for event in events)
    assert [event.label for event in events[::5]] == [f"mvtec_ad_2/{name}" for name in MVTecAD2.info.counts]
    assert [(event.done, event.total) for event in events] == 8 * [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    note = json.loads(done.folder.with_name("submission.json").read_text())
    assert note["categories"]["can"]["thresholds"]["rule"] == "mean-3sd"


@pytest.mark.usefixtures("_two_categories")
def test_what_no_bundle_holds_is_fitted_as_a_run_fits_it(
    made: tuple[Submitted, list[Any]], data: Path, tmp_path: Path
) -> None:
    events: list[Any] = []
    done = harness.submit(**COMMON, data=data, out=tmp_path / "new", on_event=events.append)
    kept = [event.folder for event in events if isinstance(event, Kept)]
    assert kept == [tmp_path / "new-models" / f"mvtec_ad_2-{name}" for name in ("can", "rice")]
    of_run = content(made[0].folder)
    assert content(done.folder) == {name: of_run[name] for name in of_run if name.split("/")[1] in ("can", "rice")}


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_an_interrupted_submission_goes_on_where_it_ended(
    copy: Path, made: tuple[Submitted, list[Any]], data: Path
) -> None:
    (copy / "anomaly_images/can/test_private/001_regular.tiff").unlink()
    (copy / "anomaly_images_thresholded/vial/test_private_mixed/000_mixed.png").unlink()
    (copy / "anomaly_images/can/test_private/.001_regular.tiff.0123abcd.tmp").write_bytes(b"half")
    done = submitted(data, copy)
    assert (done.num_written, done.faults) == (2, ())
    assert content(copy) == content(made[0].folder)


def test_ctrl_c_leaves_whole_files_alone(
    copy: Path, made: tuple[Submitted, list[Any]], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy)

    def interrupted(event: object) -> None:
        if isinstance(event, Written) and event.label.endswith("fruit_jelly") and event.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submitted(data, copy, on_event=interrupted)
    whole, part = content(made[0].folder), content(copy)
    assert part.keys() < whole.keys()
    assert all(whole[name] == found for name, found in part.items())


@pytest.fixture
def _nothing_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(self: object, *arguments: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(METHODS.get("gaussian"), "fit", fit)


@pytest.mark.usefixtures("_nothing_is_fitted", "_two_categories")
def test_another_rule_needs_no_fit_and_another_folder(copy: Path, data: Path) -> None:
    order: dict[str, Any] = {"rule": "order", "false_alarms": 0.4}
    with pytest.raises(SettingsError, match=r"submission: exists and submission\.json .* give another --out"):
        submitted(data, copy, **order)
    done = submitted(data, copy.with_name("other"), **order)
    assert done.faults == ()
    (bundle,) = copy.parent.glob("models/mvtec_ad_2/can/*")
    description = read_description(bundle)
    assert description.thresholds is not None
    assert description.thresholds.rule == "mean-3sd"
    thresholds = json.loads(copy.with_name("other.json").read_text())["categories"]["can"]["thresholds"]
    # Of two scores, the order statistic for 40 % is the higher.
    assert thresholds["rule"] == "order"
    assert thresholds["pixel"] == max(each.map_max for each in description.held_out)


@pytest.mark.usefixtures("_nothing_is_fitted")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": {"gaussian": {"backbone": "filter_bank"}}}, r"mvtec_ad_2-can: is no bundle of the method"),
        ({"seeds": [1]}, r"mvtec_ad_2-can: is no bundle of the method, settings, seed"),
        ({"protocol": {"image_size_px": 32}}, r"mvtec_ad_2-can: is no bundle of .* give another --models"),
        ({"methods": ["gaussian", "constant"]}, r"Expected one method and one seed"),
        ({"rule": "median"}, r"rule: "),
        ({"rule": "order"}, r"a false-alarm rate of 5 % needs 19 good images"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_fitted(
    copy: Path, data: Path, changes: dict[str, Any], message: str
) -> None:
    (bundle,) = copy.parent.glob("models/mvtec_ad_2/can/*")
    bundle.rename(copy.parent / "models/mvtec_ad_2-can")
    before = content(copy.parent)
    with pytest.raises(BenchError, match=message):
        submitted(data, copy, **changes)
    assert content(copy.parent) == before


@pytest.mark.parametrize("field", ["num_images", "held_out"])
def test_a_detector_of_fewer_images_is_not_used(copy: Path, data: Path, field: str) -> None:
    (bundle,) = copy.parent.glob("models/mvtec_ad_2/can/*")
    bundle = bundle.rename(copy.parent / "models/mvtec_ad_2-can")
    description = read_description(bundle)
    fewer = {
        "num_images": {"origin": description.origin.model_copy(update={"num_images": 3})},
        "held_out": {"held_out": description.held_out[:1]},
    }
    rewrite_description(bundle, description.model_copy(update=fewer[field]))
    with pytest.raises(BundleError, match=r"mvtec_ad_2-can: is no bundle of"):
        submitted(data, copy)


@pytest.mark.usefixtures("_nothing_is_fitted")
def test_a_foreign_folder_is_refused_before_anything_is_fitted(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    for out in (tmp_path / "mine", Path()):
        with pytest.raises(
            SettingsError, match=r"mine: exists and mine\.json beside it does not say that it was begun"
        ):
            harness.submit(**COMMON, data=data, out=out)


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, copy: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("harness.jobs.submit.shutil.disk_usage", lambda place: usage._replace(free=1000))
    with pytest.raises(SettingsError, match=r"the maps need .* GB of disk space, 0\.0 GB are free"):
        submitted(data, tmp_path / "new", copy.with_name("models"))
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "new.json").exists()


class TestPrivateImages:
    @pytest.fixture
    def own(self, data: Path, tmp_path: Path) -> Path:
        return shutil.copytree(data, tmp_path / "data")

    def test_a_missing_category_is_named(self, own: Path) -> None:
        shutil.rmtree(own / "mvtec_ad_2/rice")
        with pytest.raises(DataError, match=r"rice not in place; a submission needs all of the 8 categories can, "):
            private_images("mvtec_ad_2", own)

    def test_a_missing_and_a_renamed_image_are_named(self, own: Path) -> None:
        place = own / "mvtec_ad_2/vial/test_private"
        (place / "001_regular.png").rename(place / "1_regular.png")
        with pytest.raises(
            DataError,
            match=r"test_private: expected the 2 published images 000_regular to 001_regular, found 2; missing "
            r"001_regular; not expected: 1_regular\.$",
        ):
            private_images("mvtec_ad_2", own)

    def test_a_data_set_without_private_images_is_refused(self, own: Path) -> None:
        with pytest.raises(SettingsError, match=r"^demo has no private test sets to submit"):
            private_images("demo", own)

    def test_an_unreadable_image_stops_and_what_is_written_stays(self, own: Path, copy: Path) -> None:
        miniatures.truncate(own / "mvtec_ad_2/fabric/test_private/000_regular.png")
        shutil.rmtree(copy)
        with pytest.raises(DataError, match=r"fabric/test_private/000_regular\.png: cannot be read as an image"):
            submitted(own, copy)
        assert sorted(path.name for path in (copy / "anomaly_images").iterdir()) == ["can"]

    def test_without_validation_images_there_is_no_threshold(self, own: Path, tmp_path: Path) -> None:
        shutil.rmtree(own / "mvtec_ad_2/can/validation")
        with pytest.raises(DataError, match=r"mvtec_ad_2/can: expected the published validation images"):
            submitted(own, tmp_path / "new")

    def test_other_data_need_another_detector(self, own: Path, copy: Path) -> None:
        miniatures.write_image(own / "mvtec_ad_2/can/train/good/000_regular.png", 99, size_px=(37, 61))
        (bundle,) = copy.parent.glob("models/mvtec_ad_2/can/*")
        bundle.rename(copy.parent / "models/mvtec_ad_2-can")
        with pytest.raises(BundleError, match=r"mvtec_ad_2-can: is no bundle of"):
            submitted(own, copy)


def test_check_looks_at_a_folder_that_somebody_else_wrote(copy: Path, data: Path) -> None:
    assert check("mvtec_ad_2", data, copy).faults == ()
    (copy / "anomaly_images/walnuts/test_private/000_regular.tiff").unlink()
    (fault,) = check("mvtec_ad_2", data, copy).faults
    assert fault.endswith("walnuts/test_private: expected 2 files, found 1; missing 000_regular.tiff")
