import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.cells.cell_context import CellContext
from harness.cells.cell_runner import CellRunner
from harness.cells.masked_maps import mask_of
from harness.cells.opened_cell import open_cell
from harness.cells.outcome import CellProgress
from harness.cells.run_cell import run_cell
from harness.config import Protocol, as_json
from harness.datasets.finding import find
from harness.datasets.fingerprint import fingerprint
from harness.errors import DataError
from harness.methods import METHODS
from harness.metrics import measure
from harness.plan import Cell, canonical_json
from harness.records import CellRecord
from harness.store import RecordStore
from mfrnet import AnomalyMaps
from tests.support import miniatures
from tests.support.cells import TINY_SETTINGS

TINY: dict[str, dict[str, Any]] = {
    "constant": {},
    "gaussian": {"backbone": "filter_bank", "grid_stride_px": 8},
    "mfrnet": TINY_SETTINGS,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    miniatures.mvtec_ad(data)
    return data


def cell_of(
    root: Path, method: str = "gaussian", dataset: str = "mvtec_ad", category: str = "bottle", **protocol: Any
) -> Cell:
    kind = METHODS.get(method)
    return Cell(
        dataset=dataset,
        category=category,
        method=method,
        method_version=kind.version,
        seed=0,
        settings_json=canonical_json(as_json(kind.Settings(**TINY[method]))),
        protocol=Protocol(**{"image_size_px": 32} | protocol),
        data_fingerprint=fingerprint(find(dataset, root), root, category),
        weights_sha256="",
        cost=1.0,
    )


def ran(cell: Cell, root: Path, **context: Any) -> CellRecord:
    return run_cell(cell, CellContext(data_root=root, device="cpu", **context), lambda progress: None)


@pytest.mark.parametrize("method", TINY)
def test_a_cell_leaves_a_whole_record(root: Path, method: str) -> None:
    cell = cell_of(root, method)
    record = ran(cell, root, command="bench run", num_workers=3)
    assert record.identity == cell.identity()
    undefined = ["spro_05", "false_alarm_rate", "verdict_recall", "verdict_precision", "verdict_f1"]
    undefined += ["seg_f1", "class_f1", "part_auroc"]
    assert [name for name, value in record.metrics.items() if value is None] == undefined
    assert all(value is None or 0 <= value <= 1 for value in record.metrics.values())
    assert (record.num_train, record.num_test_normal, record.num_test_defect, record.num_left_out) == (6, 3, 4, 0)
    assert (record.image_height_px, record.image_width_px) == (32, 32)
    assert record.fit_seconds >= 0
    assert record.score_seconds > 0
    assert record.overlap_curve is not None
    assert 0 <= record.overlap_curve[0] <= record.overlap_curve[-1] <= 1
    assert record.provenance.num_threads >= 1
    assert (record.provenance.num_workers, record.provenance.num_processes) == (3, 1)
    assert (record.provenance.device, record.provenance.command) == ("cpu", "bench run")
    assert "torch" in json.loads(record.provenance.versions)
    assert record.provenance.started_at < record.provenance.finished_at


def test_a_limited_cell_trains_and_judges_a_few_images_and_says_so(root: Path) -> None:
    cell = replace(cell_of(root, "constant"), limit=2)
    record = ran(cell, root)
    assert (record.identity.cell_id, record.identity.limit) == (cell.id, 2)
    assert (record.num_train, record.num_test_normal, record.num_test_defect, record.num_left_out) == (2, 2, 2, 7)
    assert [(score.image_id, score.is_defect) for score in record.image_scores] == [
        ("bottle/test/good/000.png", False),
        ("bottle/test/good/001.png", False),
        ("bottle/test/hole/000.png", True),
        ("bottle/test/stain/000.png", True),
    ]


def test_corruption_changes_the_test_images_and_not_what_is_learned(root: Path) -> None:
    cell = cell_of(root)
    clean, noisy, again = (ran(replace(cell, corrupt=corrupt), root) for corrupt in (None, "noise:3", "noise:3"))
    assert (noisy.identity.corrupt, clean.identity.corrupt) == ("noise:3", None)
    assert noisy.maps_sha256 == again.maps_sha256 != clean.maps_sha256
    assert (noisy.num_train, noisy.num_test_defect) == (clean.num_train, clean.num_test_defect)
    assert [score.image_id for score in noisy.image_scores] == [score.image_id for score in clean.image_scores]


def test_contamination_moves_defects_from_test_to_training_and_keeps_the_frame(root: Path) -> None:
    cell = cell_of(root)
    clean, contaminated = (ran(replace(cell, contaminate=share), root) for share in (None, 0.2))
    added = contaminated.num_train - clean.num_train
    assert added == round(clean.num_train / 4) > 0
    assert contaminated.num_test_defect == clean.num_test_defect - added
    assert contaminated.identity.contaminate == 0.2
    size = (clean.image_height_px, clean.image_width_px)
    assert (contaminated.image_height_px, contaminated.image_width_px) == size


def test_a_perfect_map_stays_perfect_when_image_and_mask_are_turned(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = METHODS.get("constant")
    cell = replace(cell_of(root, "constant", image_size_px=64), corrupt="rotation:5")
    opened = open_cell(cell, CellContext(data_root=root, device="cpu"))
    truths = [mask_of(sample, opened.test.size_px, cell.protocol) for sample in opened.split.test]
    clean = [mask_of(replace(s, corruption=None), opened.test.size_px, cell.protocol) for s in opened.split.test]
    assert any(not np.array_equal(*pair) for pair in zip(truths, clean, strict=True))
    maps_BHW = np.stack(truths).astype(np.float32)
    monkeypatch.setattr(kind, "score", lambda self, images: iter([AnomalyMaps(maps_BHW, maps_BHW.max(axis=(1, 2)))]))
    assert ran(cell, root).metrics["pixel_auroc"] == 1.0
    assert ran(replace(cell, corrupt=None), root).metrics["pixel_auroc"] != 1.0


def test_scores_are_named_by_image_in_the_order_of_the_test_set(root: Path) -> None:
    record = ran(cell_of(root), root)
    test = find("mvtec_ad", root).split(root, "bottle", 0).test
    assert [(s.image_id, s.is_defect, s.defect_kind) for s in record.image_scores] == [
        (sample.id, sample.is_defect, sample.defect_kind) for sample in test
    ]


def test_near_duplicates_among_the_test_images_share_a_group(root: Path) -> None:
    test = root / "mvtec_ad/bottle/test"
    (test / "good/000.png").write_bytes((test / "good/001.png").read_bytes())
    groups = {score.image_id: score.group for score in ran(cell_of(root, "constant"), root).image_scores}
    first, second, third = (f"bottle/test/good/00{number}.png" for number in range(3))
    assert groups[first] == groups[second]
    assert groups[third] == third


@pytest.mark.parametrize("method", ["gaussian", "mfrnet"])
def test_the_same_cell_gives_the_same_maps(root: Path, method: str) -> None:
    first, again = (ran(cell_of(root, method), root) for _ in range(2))
    assert first.maps_sha256 == again.maps_sha256
    assert first.image_scores == again.image_scores


def test_other_settings_give_other_maps(root: Path) -> None:
    cell = cell_of(root)
    settings = json.loads(cell.settings_json) | {"smoothing_px": 1.0}
    other = replace(cell, settings_json=canonical_json(settings))
    assert ran(cell, root).maps_sha256 != ran(other, root).maps_sha256


def test_progress_goes_from_fitting_through_scoring_to_metrics(root: Path) -> None:
    told: list[CellProgress] = []
    run_cell(cell_of(root), CellContext(data_root=root, device="cpu"), told.append)
    assert [progress.stage for progress in told] == ["fit", "score", "metrics"]
    assert (told[1].done, told[1].total) == (7, 7)


def test_only_a_data_set_with_saturations_has_a_saturated_overlap(tmp_path: Path) -> None:
    miniatures.mvtec_loco(tmp_path)
    miniatures.mvtec_ad(tmp_path)
    record = ran(cell_of(tmp_path, dataset="mvtec_loco", category="pushpins"), tmp_path)
    assert 0 < record.metrics["spro_05"] <= 1
    assert ran(cell_of(tmp_path), tmp_path).metrics["spro_05"] is None


def test_a_data_set_that_does_not_tell_kinds_apart_has_one_overlap_of_all(tmp_path: Path) -> None:
    miniatures.autovi(tmp_path)
    record = ran(cell_of(tmp_path, dataset="autovi", category="pipe_clip"), tmp_path)
    assert 0 < record.metrics["spro_05"] <= 1


def test_views_of_one_part_are_judged_together(tmp_path: Path) -> None:
    miniatures.real_iad(tmp_path)
    record = ran(cell_of(tmp_path, dataset="real_iad", category="tape"), tmp_path)
    highest: dict[str, float] = {}
    for score in record.image_scores:
        part = score.image_id.rpartition("/")[0]
        highest[part] = max(score.anomaly_score, highest.get(part, -np.inf))
    good, bad = (highest[f"realiad_1024/tape/{place}"] for place in ("OK/S0003", "NG/HS/S0004"))
    assert record.metrics["part_auroc"] == float(bad > good) + 0.5 * (bad == good)


FRAMINGS: list[dict[str, Any]] = [
    {"aspect": aspect, "resolution": resolution}
    for aspect in ("keep", "square", "pad", "tiles")
    for resolution in ("frame", "own")
]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("method", ["constant", "gaussian"])
def test_long_narrow_images_and_those_of_other_sizes_are_judged_in_every_framing(
    root: Path, method: str, framing: dict[str, Any]
) -> None:
    bottle = root / "mvtec_ad/bottle"
    miniatures.write_image(bottle / "train/good/000.png", 0, size_px=(300, 20))
    miniatures.write_image(bottle / "test/good/000.png", 10, size_px=(33, 150))
    miniatures.write_image(bottle / "test/hole/000.png", 20, size_px=(96, 40), defect=True)
    miniatures.write_mask(bottle / "ground_truth/hole/000_mask.png", size_px=(96, 40))
    record = ran(cell_of(root, method, **framing), root)
    assert (record.num_train, record.num_test_normal, record.num_test_defect) == (6, 3, 4)
    assert len(record.image_scores) == 7
    assert (record.image_height_px, record.image_width_px) == (32, 32)
    if method == "constant":
        assert record.metrics["image_auroc"] == record.metrics["pixel_auroc"] == 0.5
    else:
        assert record.metrics["image_auroc"] >= 0.75
        assert record.metrics["pixel_auroc"] > 0.75


def test_at_equal_sizes_the_image_s_own_resolution_is_the_frame_s(root: Path) -> None:
    miniatures.ksdd(root)
    choices = {"image_size_px": 32, "aspect": "tiles"}
    frame, own = (
        ran(cell_of(root, dataset="ksdd", category="ksdd", **choices, resolution=resolution), root)
        for resolution in ("frame", "own")
    )
    assert frame.identity.cell_id != own.identity.cell_id
    assert frame.metrics == own.metrics
    assert frame.maps_sha256 == own.maps_sha256


def test_masks_are_left_as_they_are_at_the_image_s_own_resolution(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def measuring(scores_B: Any, labels_B: Any, maps_and_masks: Any, *others: Any, **named: Any) -> Any:
        seen.extend((*map_YX.shape, int(mask_YX.sum())) for map_YX, mask_YX in maps_and_masks())
        return measure(scores_B, labels_B, maps_and_masks, *others, **named)

    monkeypatch.setattr("harness.cells.run_cell.measure", measuring)
    ran(cell_of(root, resolution="own"), root)
    assert seen == [(*miniatures.SIZE_PX, 0)] * 3 + [(*miniatures.SIZE_PX, 120)] * 4


def test_padding_raises_no_score_and_counts_in_no_metric(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    method = METHODS.get("constant")
    miniatures.write_image(root / "mvtec_ad/bottle/test/good/000.png", 10, size_px=(20, 60))

    def hot_outside(self: Any, images: Any) -> Any:
        for row in range(len(images)):
            map_HW = np.full(images.size_px, 9.0, np.float32)
            map_HW[images.view(row).within(images.size_px)[1]] = 1.0
            yield AnomalyMaps(map_HW[None], map_HW.max(keepdims=True)[0])

    monkeypatch.setattr(method, "score", hot_outside)
    record = ran(cell_of(root, "constant", aspect="pad"), root)
    assert {score.anomaly_score for score in record.image_scores} == {1.0}
    assert record.metrics["pixel_auroc"] == record.metrics["image_auroc"] == 0.5


def test_defects_that_no_mask_shows_any_more_are_told(root: Path) -> None:
    mask = np.zeros((640, 640), np.uint8)
    mask[3, 3] = 255
    bottle = root / "mvtec_ad/bottle"
    miniatures.write_image(bottle / "test/hole/000.png", 20, size_px=(640, 640))
    Image.fromarray(mask).save(bottle / "ground_truth/hole/000_mask.png")
    runner = runner_of(root, root.parent / "results")
    (warning,) = runner(cell_of(root), lambda progress: None).warnings
    assert warning.startswith("1 of 4 defects are so small that no pixel of their masks is left at the scoring")
    assert "(bottle/test/hole/000.png is one)" in warning
    assert runner(cell_of(root, resolution="own"), lambda progress: None).warnings == ()


def test_where_no_defect_pixel_is_left_a_cell_says_so_and_keeps_its_image_metrics(root: Path) -> None:
    for mask in (root / "mvtec_ad/bottle/ground_truth").rglob("*.png"):
        miniatures.write_mask(mask, value=150)
    runner = runner_of(root, root.parent / "results")
    (warning,) = runner(cell_of(root, mask_threshold=200), lambda progress: None).warnings
    assert warning.startswith("no mask has a defect pixel at the scoring resolution, so pixel metrics are not defined.")
    (record,) = RecordStore(str(root.parent / "results")).frame().to_dict("records")
    assert (record["status"], record["image_auroc"] > 0.5) == ("ok", True)
    assert np.isnan(record["pixel_auroc"])


def test_a_category_without_masks_has_no_pixel_metrics(tmp_path: Path) -> None:
    miniatures.castings(tmp_path)
    record = ran(cell_of(tmp_path, dataset="castings", category="back"), tmp_path)
    assert record.metrics["image_auroc"] > 0.5
    assert {name for name, value in record.metrics.items() if value is not None} == {
        "image_auroc",
        "image_average_precision",
        "image_f1_max",
        "image_recall_01",
        "image_recall_05",
    }


def test_a_data_set_elsewhere_is_opened_by_its_folder(tmp_path: Path) -> None:
    folder = miniatures.castings(tmp_path / "elsewhere")
    cell = cell_of(tmp_path / "elsewhere", dataset="castings", category="front")
    record = ran(cell, tmp_path / "data", datasets={"castings": str(folder)})
    assert record.num_left_out == 1


def test_data_that_changed_after_the_plan_are_refused(root: Path) -> None:
    cell = cell_of(root)
    miniatures.write_image(root / "mvtec_ad/bottle/train/good/006.png", 99)
    with pytest.raises(DataError, match=r"^mvtec_ad/bottle changed during the run; run the command again"):
        ran(cell, root)


@pytest.mark.parametrize("method", ["constant", "gaussian"])
def test_data_that_change_while_a_cell_runs_leave_no_record_and_no_features(
    root: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    kind, image = METHODS.get(method), root / "mvtec_ad/bottle/test/hole/001.png"
    undisturbed, before, fit = ran(cell_of(root, method), root), image.read_bytes(), kind.fit
    monkeypatch.setenv("BENCH_CACHE", str(root / "cache"))

    def fit_changed(*arguments: Any) -> None:
        miniatures.write_image(image, 99)
        fit(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "fit", fit_changed)
        with pytest.raises(DataError, match=r"^mvtec_ad/bottle changed during the run; run the command again"):
            ran(cell_of(root, method), root)
    image.write_bytes(before)
    assert ran(cell_of(root, method), root).maps_sha256 == undisturbed.maps_sha256


def test_a_method_that_gives_no_number_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    method = METHODS.get("constant")
    score = method.score

    def spoiled(self: Any, images: Any) -> Any:
        for batch in score(self, images):
            batch.scores_B[0] = float("nan")
            yield batch

    monkeypatch.setattr(method, "score", spoiled)
    with pytest.raises(FloatingPointError, match="a map or a score that is not finite"):
        ran(cell_of(root, "constant"), root)


def test_a_method_that_leaves_images_out_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "score", lambda self, images: iter(()))
    with pytest.raises(RuntimeError, match="gave 0 maps for 7 images"):
        ran(cell_of(root, "constant"), root)


@pytest.mark.parametrize(("count", "num_defect", "num_good"), [(0, 0, 0), (2, 2, 2), (9, 4, 3)])
def test_panels_show_that_many_defects_and_good_images(
    root: Path, tmp_path: Path, count: int, num_defect: int, num_good: int
) -> None:
    ran(cell_of(root), root, panels_dir=tmp_path / "panels", num_panels=count)
    panels = sorted(path.name for path in (tmp_path / "panels").rglob("*.png"))
    is_good = [name.startswith("bottle-test-good-") for name in panels]
    assert (is_good.count(False), is_good.count(True)) == (num_defect, num_good)
    if count == 2:
        assert [name for name in panels if "good" not in name] == [
            "bottle-test-hole-000.png",
            "bottle-test-stain-000.png",
        ]
        folder = f"panels/mvtec_ad/bottle/gaussian-seed0-{cell_of(root).id}"
        assert (tmp_path / folder / panels[0]).is_file()


def runner_of(root: Path, results: Path) -> CellRunner:
    return CellRunner(results=str(results), context=CellContext(data_root=root, device="cpu"))


def test_a_good_cell_is_stored_at_once(root: Path, tmp_path: Path) -> None:
    cell = cell_of(root)
    outcome = runner_of(root, tmp_path / "results")(cell, lambda progress: None)
    record = RecordStore(str(tmp_path / "results")).record(cell.id)
    assert isinstance(record, CellRecord)
    assert (outcome.cell_id, outcome.status, outcome.error) == (cell.id, "ok", None)
    assert outcome.image_auroc == record.metrics["image_auroc"]
    assert len(record.image_scores) == 7


@pytest.mark.parametrize("method", TINY)
def test_phases_add_up_to_the_seconds_of_a_cell_and_to_those_of_its_record(
    root: Path, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))  # features of another test need no decoding
    cell = cell_of(root, method)
    outcome = runner_of(root, tmp_path / "results")(cell, lambda progress: None)
    of = outcome.phase_seconds
    expected = {"decode", "fit", "score", "metrics", "store", "rest"}
    assert set(of) == expected | (set() if method == "constant" else {"features"})
    assert min(of.values()) >= 0
    assert sum(of.values()) == pytest.approx(outcome.seconds)
    record = RecordStore(str(tmp_path / "results")).record(cell.id)
    assert isinstance(record, CellRecord)
    # The record counts decoding where it happens: in the features, and where there are none, in fit and score.
    of_record = record.fit_seconds + record.feature_seconds + record.score_seconds
    assert 0 < of_record <= of["fit"] + of.get("features", 0.0) + of["score"] + of["decode"] + 1e-9
    assert of.get("features", 0.0) <= record.feature_seconds <= of_record


def test_a_failed_cell_has_phases_too(root: Path, tmp_path: Path) -> None:
    miniatures.truncate(root / "mvtec_ad/bottle/train/good/002.png")
    outcome = runner_of(root, tmp_path / "results")(cell_of(root, "constant"), lambda progress: None)
    assert outcome.status == "failed"
    assert {"decode", "fit", "store", "rest"} == set(outcome.phase_seconds)
    assert sum(outcome.phase_seconds.values()) == pytest.approx(outcome.seconds)


@pytest.mark.parametrize("method", TINY)
@pytest.mark.parametrize("damaged", ["train/good/002.png", "test/hole/001.png", "ground_truth/hole/001_mask.png"])
def test_a_damaged_file_fails_its_cell_by_name_and_no_other(
    root: Path, tmp_path: Path, method: str, damaged: str
) -> None:
    path = root / "mvtec_ad/bottle" / damaged
    if "mask" in damaged:
        # So small a mask survives a cut: nothing of its pixels may be left.
        path.write_bytes(path.read_bytes()[:45])
    else:
        miniatures.truncate(path)
    bad, good = cell_of(root, method), cell_of(root, method, category="carpet")
    runner = runner_of(root, tmp_path / "results")
    outcomes = [runner(cell, lambda progress: None) for cell in (bad, good)]
    assert [outcome.status for outcome in outcomes] == ["failed", "ok"]
    store = RecordStore(str(tmp_path / "results"))
    assert store.statuses() == {bad.id: "failed", good.id: "ok"}
    failure = store.record(bad.id)
    assert failure.error == outcomes[0].error
    assert damaged in failure.error
    assert "DataError" in failure.traceback


DAMAGED = ("test/good/001.png", "test/hole/001.png", "train/good/002.png")


def damage(root: Path) -> None:
    for name in DAMAGED:
        miniatures.truncate(root / "mvtec_ad/bottle" / name)


@pytest.mark.parametrize("method", TINY)
def test_a_cell_goes_on_without_images_that_cannot_be_read_where_it_may(root: Path, method: str) -> None:
    damage(root)
    told: list[CellProgress] = []
    cell = cell_of(root, method)
    record = run_cell(cell, CellContext(data_root=root, device="cpu", skip_unreadable=True), told.append)
    assert (record.num_train, record.num_test_normal, record.num_test_defect) == (5, 2, 3)
    assert (record.num_unreadable, record.num_left_out) == (3, 0)
    ids = [f"bottle/{name}" for name in DAMAGED]
    assert json.loads(record.unreadable_ids) == ids
    assert not {score.image_id for score in record.image_scores} & set(ids)
    warnings = [progress.warning for progress in told if progress.warning]
    assert [warning.split(": ")[1].endswith(name) for warning, name in zip(warnings, DAMAGED, strict=True)] == [
        True
    ] * 3
    assert all(warning.startswith("left out, because it cannot be read: ") for warning in warnings)


def test_a_defect_whose_mask_cannot_be_read_is_left_out(root: Path) -> None:
    mask = root / "mvtec_ad/bottle/ground_truth/hole/001_mask.png"
    mask.write_bytes(mask.read_bytes()[:45])
    record = ran(cell_of(root, "constant"), root, skip_unreadable=True)
    assert (record.num_unreadable, record.unreadable_ids) == (1, '["bottle/test/hole/001.png"]')


def test_the_numbers_are_those_of_a_folder_that_never_had_the_images(root: Path, tmp_path: Path) -> None:
    without = tmp_path / "without"
    miniatures.mvtec_ad(without)
    for name in ("test/good/001.png", "train/good/002.png"):
        miniatures.truncate(root / "mvtec_ad/bottle" / name)
        (without / "mvtec_ad/bottle" / name).unlink()
    skipped = ran(cell_of(root), root, skip_unreadable=True)
    never = ran(cell_of(without), without)
    assert skipped.metrics == never.metrics
    assert skipped.maps_sha256 == never.maps_sha256


def test_where_all_can_be_read_the_flag_changes_nothing(root: Path) -> None:
    cell = cell_of(root)
    plain, allowed = ran(cell, root), ran(cell, root, skip_unreadable=True)
    assert (allowed.num_unreadable, allowed.unreadable_ids) == (0, "")
    assert (allowed.identity, allowed.metrics, allowed.maps_sha256) == (
        plain.identity,
        plain.metrics,
        plain.maps_sha256,
    )


def test_of_many_unreadable_images_the_first_are_named_and_the_rest_counted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(root)
    monkeypatch.setattr("harness.cells.run_cell._MAX_UNREADABLE_TOLD", 2)
    told: list[CellProgress] = []
    run_cell(cell_of(root, "constant"), CellContext(data_root=root, device="cpu", skip_unreadable=True), told.append)
    warnings = [progress.warning for progress in told if progress.warning]
    assert warnings[2:] == ["1 further image left out; the record names all (unreadable_ids)"]


def test_any_other_error_is_stored_on_one_line_with_its_type(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("first line\n   second line")

    monkeypatch.setattr(METHODS.get("constant"), "fit", crash)
    cell = cell_of(root, "constant")
    outcome = runner_of(root, tmp_path / "results")(cell, lambda progress: None)
    assert outcome.error == "RuntimeError: first line second line"
    assert "second line" in RecordStore(str(tmp_path / "results")).record(cell.id).traceback


def test_a_cell_that_is_given_up_leaves_a_failure_with_the_reason(root: Path, tmp_path: Path) -> None:
    cell = cell_of(root)
    runner_of(root, tmp_path / "results").give_up(cell, "worker 0 was killed")
    assert RecordStore(str(tmp_path / "results")).record(cell.id).error == "RuntimeError: worker 0 was killed"


def test_a_failure_leaves_a_good_record_of_the_cell_as_it_is(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, runner = cell_of(root, "constant"), runner_of(root, tmp_path / "results")
    runner(cell, lambda progress: None)
    before = RecordStore(str(tmp_path / "results")).record(cell.id)

    def crash(*_: Any) -> None:
        raise RuntimeError("no luck")

    monkeypatch.setattr(METHODS.get("constant"), "fit", crash)
    outcome = runner(cell, lambda progress: None)
    assert (outcome.status, outcome.error) == ("failed", "RuntimeError: no luck (the earlier record stays)")
    runner.give_up(cell, "worker 0 was killed")
    assert RecordStore(str(tmp_path / "results")).record(cell.id) == before
