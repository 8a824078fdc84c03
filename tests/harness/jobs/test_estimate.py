from pathlib import Path
from typing import Any

import pytest

import harness
from harness.cells.trial_run import Line, Rates
from harness.config import RunSettings, run_settings
from harness.jobs import estimate as job
from harness.jobs.estimate import Estimate, estimate
from harness.jobs.planning import make_plan
from tests.support import miniatures
from tests.support.cells import TINY_SETTINGS

RATES = Rates(
    feature_seconds=Line(0.0, 1.0),
    fit_seconds=Line(100.0, 10.0),
    step_seconds=2.0,
    trial_steps=2,
    judge_seconds=Line(3.0, 0.5),
    memory_bytes=Line(1e9, 1e6),
    device_bytes=None,
    feature_bytes=1000.0,
    training_bytes=500.0,
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(job, "measure_rates", lambda cell, settings, context, windows: RATES)
    miniatures.mvtec_ad(tmp_path / "data")
    return tmp_path


def settings_at(root: Path, **fields: Any) -> RunSettings:
    asked = {"datasets": ["mvtec_ad"], "data": root / "data", "results": str(root / "results"), "workers": 0}
    small = {"protocol": {"image_size_px": 32}, "methods": {"mfrnet": TINY_SETTINGS}}
    return run_settings({**asked, **small, **fields})


def estimated(settings: RunSettings) -> Estimate:
    return estimate(harness.plan(settings), settings)


def test_a_cell_takes_what_its_images_and_steps_take(root: Path) -> None:
    found = estimated(settings_at(root, categories=["bottle"]))
    (cell,) = found.cells
    assert (cell.num_fit, cell.num_test) == (6, 7)
    assert cell.feature_seconds == pytest.approx(6 + 7)
    assert cell.fit_seconds == pytest.approx(100 + 10 * 6 + 2.0 * (5 - 2))
    assert cell.judge_seconds == pytest.approx(3 + 0.5 * 7)
    assert found.seconds == pytest.approx(cell.seconds)
    assert found.memory_bytes == pytest.approx(1e9 + 13e6)
    assert (found.feature_bytes, found.training_bytes) == (pytest.approx(13_000), pytest.approx(3000))


def test_few_images_take_the_steps_of_their_epochs(root: Path) -> None:
    # Six images: two are held out, and four are two steps of three.
    few = {"mfrnet": {**TINY_SETTINGS, "steps": 500, "epochs": 10}}
    (cell,) = estimated(settings_at(root, categories=["bottle"], methods=few)).cells
    assert cell.fit_seconds == pytest.approx(100 + 10 * 6 + 2.0 * (20 - 2))


def test_few_shots_take_the_steps_of_their_views(root: Path) -> None:
    # Ten views of each: 20, of which 3 are held out, and 17 are six steps of three.
    methods = {"mfrnet": {**TINY_SETTINGS, "steps": 500, "epochs": 10}}
    (cell,) = estimated(settings_at(root, categories=["bottle"], methods=methods, regime="few-shot-2")).cells
    assert cell.fit_seconds == pytest.approx(100 + 10 * 2 + 2.0 * (60 - 2))


def test_features_are_counted_once_for_all_seeds(root: Path) -> None:
    one, two = (estimated(settings_at(root, seeds=seeds)) for seeds in ([0], [0, 1]))
    assert two.feature_bytes == one.feature_bytes
    assert sum(each.feature_seconds for each in two.cells) == sum(each.feature_seconds for each in one.cells)
    assert sum(each.fit_seconds for each in two.cells) == 2 * sum(each.fit_seconds for each in one.cells)


def test_one_fit_on_all_categories_serves_a_multi_class_run(root: Path) -> None:
    of_each = estimated(settings_at(root))
    found = estimated(settings_at(root, regime="multi-class"))
    assert len(found.cells) == len(of_each.cells) == 2
    num_fit = sum(each.num_fit for each in of_each.cells)
    assert {each.num_fit for each in found.cells} == {num_fit}
    first, second = found.cells
    assert (second.fit_seconds, second.feature_seconds) == (0.0, 0.0)
    assert first.num_test < num_fit
    # All in one frame, whose pixels differ from those of the trial's category.
    share = (first.memory_bytes or 0.0) - 1e9
    assert share > 1e6 * num_fit * 0.5
    assert first.fit_seconds > 100 + 2.0 * (5 - 2)
    assert any(note.startswith("One fit of each seed serves all categories") for note in found.notes)


def test_corrupted_cells_share_the_fit_and_not_the_features_of_test_images(root: Path) -> None:
    clean = estimated(settings_at(root, categories=["bottle"]))
    noisy = estimated(settings_at(root, categories=["bottle"], corrupt="noise:3"))
    assert noisy.feature_bytes == pytest.approx(clean.feature_bytes + 7000)


def test_stored_fits_of_this_machine_are_believed_before_the_trial(root: Path) -> None:
    settings = settings_at(root, categories=["bottle"])
    (fit_seconds,) = harness.run(settings).frame["fit_seconds"]
    found = estimated(settings_at(root, categories=["bottle"], seeds=[1, 2]))
    assert [each.fit_seconds for each in found.cells] == [fit_seconds] * 2
    assert "Seconds of fits come from stored records of this machine for 2 cells." in found.notes
    other = estimated(settings_at(root, categories=["carpet"]))
    assert not other.cells[0].is_fit_recorded


def test_several_workers_share_the_time_and_add_up_their_memory(root: Path) -> None:
    alone, both = (estimated(settings_at(root, workers=workers, cpus_per_worker=1)) for workers in (0, 2))
    assert both.num_workers == 2
    assert both.seconds == pytest.approx(max(each.seconds for each in both.cells))
    assert alone.seconds == pytest.approx(sum(each.seconds for each in both.cells))
    assert both.memory_bytes == pytest.approx(sum(each.memory_bytes or 0.0 for each in both.cells))


def test_what_the_cache_does_not_hold_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE_LIMIT_GB", "0.00001")
    notes = estimated(settings_at(root)).notes
    assert any("exceed BENCH_CACHE_LIMIT_GB (1e-05)" in note for note in notes)


def test_fits_that_differ_in_what_follows_training_train_once(root: Path) -> None:
    settings = settings_at(root, categories=["bottle"])
    planned = make_plan(settings, [("mfrnet", {**TINY_SETTINGS, "n": n}) for n in (1, 2, 3)])
    found = estimate(planned, settings)
    assert sorted(cell.fit_seconds for cell in found.cells) == pytest.approx([160.0, 160.0, 160.0 + 2.0 * (5 - 2)])
    assert sorted(cell.training_bytes for cell in found.cells) == pytest.approx([0.0, 0.0, 3000.0])


def test_a_trial_trains_whatever_was_trained_before(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contexts: list[Any] = []
    monkeypatch.setattr(
        job, "measure_rates", lambda cell, settings, context, windows: contexts.append(context) or RATES
    )
    estimated(settings_at(root, categories=["bottle"]))
    assert [context.share_trainings for context in contexts] == [False]
