import pickle
from pathlib import Path
from typing import Any

import pytest

from harness.config import Protocol
from harness.datasets.readers.mvtec_ad import MVTecAD
from harness.methods import feature_cache, training_cache
from harness.search.evaluation import Evaluation, objectives
from harness.search.judged_images import judged_on
from harness.search.trials import TrialReport
from harness.spaces import Goal
from harness.spaces.space import Fidelity
from tests.support.cells import TINY_SETTINGS
from tests.support.searches import searchable

PROTOCOL = Protocol(image_size_px=32)
QUALITY = Goal(metrics=("image_auroc", "pixel_average_precision"), direction="maximize")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    searchable(folder, ("bottle", "carpet"))
    return folder


def evaluation(root: Path, method: str = "mfrnet", categories: tuple[str, ...] = ("bottle",), **changes: Any) -> Any:
    options: dict[str, Any] = {
        "method": method,
        "base_settings": TINY_SETTINGS if method == "mfrnet" else {"backbone": "filter_bank", "grid_stride_px": 8},
        "goals": (QUALITY,),
        "fidelity": None,
        "categories": tuple(
            judged_on("synthetic", MVTecAD(), root, category, "published", PROTOCOL, 0, folder=root / "search")
            for category in categories
        ),
        "protocol": PROTOCOL,
        "seed": 0,
        "device": "cpu",
    } | changes
    return Evaluation(**options)


def looks(work: Any, **settings: Any) -> list[TrialReport]:
    return list(work(settings))


def test_a_trial_is_judged_on_every_category_and_its_objective_is_the_mean(root: Path) -> None:
    (report,) = looks(evaluation(root, "gaussian", ("bottle", "carpet")))
    assert (report.error, report.is_final, report.step) == (None, True, 100)
    assert set(report.metrics) == {"mvtec_ad/bottle", "mvtec_ad/carpet"}
    of_each = [(found["image_auroc"] + found["pixel_average_precision"]) / 2 for found in report.metrics.values()]
    assert report.values == (pytest.approx(sum(of_each) / 2),)


def test_trials_that_differ_in_what_follows_training_train_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    trained: list[int] = []
    train = training_cache.train
    monkeypatch.setattr(training_cache, "train", lambda *given: trained.append(given[2]) or train(*given))
    work = evaluation(root, categories=("bottle", "carpet"))
    reports = [report for n in (1, 2) for report in looks(work, n=n)]
    assert trained == [0, 0]
    assert [report.error for report in reports] == [None, None]
    assert reports[0].values != reports[1].values
    looks(work, n=1, steps=6)
    assert len(trained) == 4


def test_a_trial_that_changes_no_features_runs_no_backbone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A cache of its own: another test may have kept features of equal images.
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    work = evaluation(root)
    (first,) = looks(work)

    def refuse(*_: Any) -> None:
        raise AssertionError("a backbone was opened")

    monkeypatch.setattr(feature_cache, "open_backbone", refuse)
    for settings in ({"k": 3}, {"n": 1}, {"weight_pixel": 2.0}, {"smoothing_px": 1.0}, {"learning_rate": 1e-3}):
        (report,) = looks(work, **settings)
        assert report.error is None
        assert report.feature_seconds <= max(first.feature_seconds, 0.5)
    (other,) = looks(work, layers=[1])
    assert other.error == "AssertionError: a backbone was opened"


def test_the_same_settings_give_the_same_objective(root: Path) -> None:
    work = pickle.loads(pickle.dumps(evaluation(root)))
    assert looks(work, k=3)[0].values == looks(work, k=3)[0].values


def test_lists_and_tuples_are_the_same_settings(root: Path) -> None:
    work = evaluation(root, "gaussian")
    assert looks(work, layers=[1, 2])[0].values == looks(work, layers=(1, 2))[0].values


def test_what_a_method_refuses_is_a_report_with_the_reason(root: Path) -> None:
    (report,) = looks(evaluation(root), k=99)
    assert report.values is None
    assert report.is_final
    assert report.error is not None
    assert "k: expected 2 to 16 masks" in report.error


def test_a_cheap_look_comes_before_the_whole(root: Path) -> None:
    work = evaluation(root, fidelity=Fidelity(setting="steps", shares=(0.4,)))
    first, last = looks(work)
    assert [(report.step, report.is_final) for report in (first, last)] == [(40, False), (100, True)]
    (cheap,) = looks(evaluation(root), steps=2)
    (whole,) = looks(evaluation(root))
    assert (first.values, last.values) == (cheap.values, whole.values)


def test_a_cheap_look_takes_a_share_of_the_steps_that_the_images_allow(root: Path) -> None:
    # Six images: two are held out, and four are two steps of three. The whole is 10 steps of 500.
    few = {"steps": 500, "epochs": 5}
    first, last = looks(evaluation(root, fidelity=Fidelity(setting="steps", shares=(0.4,))), **few)
    (cheap,) = looks(evaluation(root), steps=4)
    (whole,) = looks(evaluation(root), **few)
    assert (first.values, last.values) == (cheap.values, whole.values)
    assert cheap.values != whole.values


def test_costs_are_measured_where_an_objective_names_them(root: Path) -> None:
    latency = Goal(metrics=("latency_p50_seconds",), direction="minimize")
    (report,) = looks(evaluation(root, "gaussian", goals=(QUALITY, latency)))
    assert report.values is not None
    assert report.values[1] == report.metrics["mvtec_ad/bottle"]["latency_p50_seconds"] > 0
    (without,) = looks(evaluation(root, "gaussian"))
    assert "latency_p50_seconds" not in without.metrics["mvtec_ad/bottle"]


def test_a_missing_metric_leaves_no_objective() -> None:
    known = {"image_auroc": 0.9, "pixel_average_precision": 0.1}
    assert objectives((QUALITY,), {"a": known}) == (0.5,)
    assert objectives((QUALITY,), {"a": known, "b": known | {"pixel_average_precision": None}}) is None
    assert objectives((QUALITY,), {}) is None


def test_images_and_weights_that_a_machine_lacks_are_named(root: Path, tmp_path: Path) -> None:
    assert evaluation(root).missing_here() == ()
    searchable(tmp_path / "data", ("bottle",))
    work = evaluation(tmp_path / "data", "gaussian", weights={"resnet18": tmp_path / "weights.safetensors"})
    (tmp_path / "data").rename(tmp_path / "moved")
    weights, *images = work.missing_here()
    assert weights == f"there is no file {tmp_path / 'weights.safetensors'}"
    assert len(images) == 2
    assert all(each.startswith(f"there is no file {tmp_path / 'data'}") for each in images)
