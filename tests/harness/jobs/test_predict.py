import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import harness
from harness.bundles.bundle import read_description, rewrite_description
from harness.bundles.detector import Judgement, Unreadable
from harness.errors import BundleError, DataError, SettingsError
from harness.images import resize_map
from harness.jobs import image_paths
from harness.jobs.predict import Pictures, Predicted
from harness.report.judged_by import read_judged_by
from tests.support.detectors import SIZE_PX, write_defect, write_good


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "neue Fotos"
    write_good(folder / "gut 1.png", 100)
    write_defect(folder / "größer\nzwei.bmp", 101)
    (folder / "broken.png").write_bytes(b"no image")
    write_good(folder / "line 2/gut 1.png", 102)
    return folder


def test_an_unreadable_file_is_a_row_and_the_rest_goes_on(bundle: Path, photos: Path, tmp_path: Path) -> None:
    found = harness.predict(bundle, [photos], out=tmp_path / "out")
    assert (found.num_judged, found.num_anomalous, found.num_unreadable) == (3, 1, 1)
    rows = {Path(row["image"]).relative_to(photos).as_posix(): row for row in rows_of(tmp_path / "out")}
    assert list(rows) == ["broken.png", "größer\nzwei.bmp", "gut 1.png", "line 2/gut 1.png"]
    assert "broken.png: not an image" in rows["broken.png"]["error"]
    assert rows["broken.png"]["verdict"] == ""
    assert rows["größer\nzwei.bmp"]["verdict"] == "anomalous"
    assert rows["gut 1.png"]["verdict"] == "normal"
    assert json.loads(rows["größer\nzwei.bmp"]["regions"])


def test_two_files_of_one_name_have_two_pictures(bundle: Path, photos: Path, tmp_path: Path) -> None:
    first, second = photos / "gut 1.png", photos / "line 2/gut 1.png"
    harness.predict(bundle, [first, second, first], out=tmp_path / "out", pictures=Pictures(masks=True))
    assert sorted(path.name for path in (tmp_path / "out/masks").iterdir()) == [
        "gut 1-2.png.png", "gut 1-3.png.png", "gut 1.png.png",
    ]  # fmt: skip
    assert [row["picture"] for row in rows_of(tmp_path / "out")] == ["gut 1.png", "gut 1-2.png", "gut 1-3.png"]


def test_pictures_keep_the_folders_and_the_suffix_of_their_images(bundle: Path, photos: Path, tmp_path: Path) -> None:
    write_good(photos / "gut 1.jpg", 100)
    wanted = Pictures(overlays=True, masks=True, maps="float")
    judged: list[Any] = []
    harness.predict(
        bundle, [photos], out=tmp_path / "out", pictures=wanted, on_image=lambda each, _: judged.append(each)
    )
    names = {"größer\nzwei.bmp", "gut 1.png", "gut 1.jpg", "line 2/gut 1.png"}
    for kind, suffix in (("overlays", ".png"), ("masks", ".png"), ("maps", ".tiff")):
        below = tmp_path / "out" / kind
        assert {str(path.relative_to(below)) for path in below.rglob("*") if path.is_file()} == {
            name + suffix for name in names
        }
    limits = harness.load(bundle).thresholds
    assert limits is not None
    for each in judged:
        if isinstance(each, Judgement):
            name = str(each.path.relative_to(photos))
            with Image.open(tmp_path / f"out/masks/{name}.png") as mask, Image.open(each.path) as image:
                assert mask.size == image.size == SIZE_PX[::-1]
                assert np.array_equal(np.array(mask) == 255, resize_map(each.map_YX, SIZE_PX) > limits.pixel)
            with Image.open(tmp_path / f"out/maps/{name}.tiff") as map_:
                assert np.array_equal(np.array(map_), each.map_YX)


def test_each_answer_is_told_after_its_row(bundle: Path, photos: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "out/.predictions.jsonl.unfinished"
    seen: list[int] = []

    def count(judged: Judgement | Unreadable, found: Predicted) -> None:
        seen.append(len(scratch.read_text().splitlines()))
        assert found.num_judged + found.num_unreadable == len(seen)

    harness.predict(bundle, [photos], out=tmp_path / "out", row_format="jsonl", on_image=count, batch_size=1)
    assert seen == [1, 2, 3, 4]


def test_the_folder_says_who_judged(bundle: Path, photos: Path, tmp_path: Path) -> None:
    harness.predict(bundle, [photos], out=tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["detector.json", "predictions.csv"]
    assert read_judged_by(tmp_path / "out").detector == read_description(bundle)
    assert {row["picture"] for row in rows_of(tmp_path / "out")} == {""}


def test_predictions_of_another_detector_keep_the_description_of_theirs(
    bundle: Path, photos: Path, tmp_path: Path
) -> None:
    harness.predict(bundle, [photos], out=tmp_path / "out")
    before = (tmp_path / "out/detector.json").read_bytes()
    with pytest.raises(DataError, match=r"predictions\.csv: exists already"):
        harness.predict(bundle, [photos], out=tmp_path / "out", row_format="jsonl")
    assert (tmp_path / "out/detector.json").read_bytes() == before


def test_a_stream_of_paths_is_judged(bundle: Path, photos: Path, tmp_path: Path) -> None:
    lines = (f"{path}\n" for path in (photos / "gut 1.png", photos / "missing.png"))
    found = harness.predict(bundle, lines, out=tmp_path / "out")
    assert (found.num_judged, found.num_unreadable) == (1, 1)


def test_a_file_that_is_gone_before_its_overlay_is_a_row_with_its_reason(
    bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.bundles.detector import KeptDetector

    judgement = KeptDetector._judgement

    def then_moved(self: KeptDetector, image: Any, *arguments: Any) -> Judgement:
        image.path.unlink()
        return judgement(self, image, *arguments)

    monkeypatch.setattr(KeptDetector, "_judgement", then_moved)
    found = harness.predict(bundle, [photos], out=tmp_path / "out", pictures=Pictures(overlays=True))
    assert (found.num_judged, found.num_unreadable) == (0, 4)
    assert all("no such file" in row["error"].lower() for row in rows_of(tmp_path / "out")[1:])


def test_watching_picks_up_a_file_that_arrives(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_paths, "_POLL_SECONDS", 0.01)
    folder = tmp_path / "camera"
    write_good(folder / "first.png", 100)
    seen: list[str] = []

    def then_stop(judged: Judgement | Unreadable, found: Predicted) -> None:
        seen.append(judged.path.name)
        if len(seen) == 2:
            raise KeyboardInterrupt("Ctrl-C")
        write_good(folder / "second.png", 101)

    with pytest.raises(KeyboardInterrupt, match="Ctrl-C"):
        harness.predict(bundle, [folder], out=tmp_path / "out", watch=True, on_image=then_stop)
    assert seen == ["first.png", "second.png"]
    assert [Path(row["image"]).name for row in rows_of(tmp_path / "out")] == seen


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, r"--batch-size: expected at least 1, got 0"),
        ({"pictures": Pictures(masks=True)}, r"Pictures need a folder: give --out"),
        ({"watch": True, "out": "inside/out"}, r"--out .*inside/out: lies in the watched folder"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    bundle: Path, photos: Path, changes: dict[str, Any], message: str
) -> None:
    if "out" in changes:
        changes = changes | {"out": photos / changes["out"]}
    with pytest.raises(SettingsError, match=message):
        harness.predict(bundle, [photos], **changes)


def test_watching_takes_one_folder(bundle: Path, photos: Path) -> None:
    for paths in ([photos, photos], [photos / "gut 1.png"]):
        with pytest.raises(SettingsError, match=r"--watch: expected one folder, got "):
            harness.predict(bundle, paths, watch=True)


def test_pictures_need_a_threshold_for_their_scale(bundle: Path, photos: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    rewrite_description(copy, read_description(copy).model_copy(update={"thresholds": None}))
    with pytest.raises(BundleError, match=r"Pictures need a threshold, and this bundle has none"):
        harness.predict(copy, [photos], out=tmp_path / "out", pictures=Pictures(overlays=True))
    assert not (tmp_path / "out").exists()
    assert harness.predict(copy, [photos], out=tmp_path / "out").num_anomalous == 0
