from pathlib import Path

import pytest

from harness.cells import cell_costs
from harness.config import RunSettings
from harness.errors import StoreError
from harness.jobs.costs import costs
from harness.jobs.planning import make_plan
from harness.plan import Cell
from harness.records import CostRecord
from harness.store import RecordStore
from tests.support import miniatures
from tests.support import records as make


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSettings:
    """Two categories, each with a finished record, on a machine on which nothing else runs."""
    monkeypatch.setattr(cell_costs, "load_of_others", lambda: 0.0)
    miniatures.mvtec_ad(tmp_path / "data")
    chosen = RunSettings(
        datasets=("mvtec_ad",),
        methods=("constant",),
        data=tmp_path / "data",
        results=str(tmp_path / "results"),
        protocol={"image_size_px": 32},
        device="cpu",
    )
    for cell in make_plan(chosen).cells:
        RecordStore(chosen.results).write(make.cell_record(identity=cell.identity()))
    return chosen


def measured(settings: RunSettings) -> dict[str, CostRecord | str]:
    told: dict[str, CostRecord | str] = {}
    costs(settings, lambda cell, found: told.update({cell.category: found}))
    return told


def test_every_stored_cell_gets_costs(settings: RunSettings) -> None:
    told = measured(settings)
    assert sorted(told) == ["bottle", "carpet"]
    stored = RecordStore(settings.results).costs()
    assert set(stored.values()) == set(told.values())
    for found in stored.values():
        assert 0 < found.latency_p50_seconds <= found.latency_p95_seconds
        assert 0 < found.batch_latency_p50_seconds <= found.batch_latency_p95_seconds
        assert found.fit_seconds >= 0
        assert found.size_bytes >= 0
        assert found.is_quiet
    assert RecordStore(settings.results).frame()["is_quiet"].all()


def test_only_cells_without_quiet_costs_are_measured_again(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_costs, "load_of_others", lambda: 1000.0)
    assert not any(found.is_quiet for found in measured(settings).values())
    monkeypatch.setattr(cell_costs, "load_of_others", lambda: 0.0)
    assert len(measured(settings)) == 2
    assert measured(settings) == {}
    assert len(measured(settings.model_copy(update={"policy": "always"}))) == 2


def test_a_cell_that_cannot_be_fitted_keeps_no_other_from_its_costs(settings: RunSettings) -> None:
    miniatures.truncate(settings.data / "mvtec_ad/bottle/test/hole/000.png")
    for cell in make_plan(settings).cells:
        RecordStore(settings.results).write(make.cell_record(identity=cell.identity()))
    told = measured(settings)
    assert "000.png" in str(told["bottle"])
    assert isinstance(told["carpet"], CostRecord)


def test_costs_are_measured_without_images_that_cannot_be_read_where_the_run_did(settings: RunSettings) -> None:
    miniatures.truncate(settings.data / "mvtec_ad/bottle/test/hole/001.png")
    for cell in make_plan(settings).cells:
        RecordStore(settings.results).write(make.cell_record(identity=cell.identity()))
    assert "hole/001.png" in str(measured(settings)["bottle"])
    assert isinstance(measured(settings.model_copy(update={"skip_unreadable": True}))["bottle"], CostRecord)


def test_without_a_finished_record_there_is_nothing_to_measure(settings: RunSettings) -> None:
    def fail(cell: Cell, found: CostRecord | str) -> None:
        raise AssertionError(cell)

    with pytest.raises(StoreError, match="has no finished record of the 2 cells asked for; expected those of an"):
        costs(settings.model_copy(update={"seeds": (5,)}), fail)


def test_costs_are_those_of_fits_that_train(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[bool] = []
    open_cell = cell_costs.open_cell
    monkeypatch.setattr(
        cell_costs,
        "open_cell",
        lambda cell, context: shared.append(context.share_trainings) or open_cell(cell, context),
    )
    measured(settings)
    assert shared == [False, False]
