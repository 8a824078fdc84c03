import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.cells import trial_run
from harness.cells.cell_context import CellContext
from harness.cells.outcome import CellProgress
from harness.cells.trial_run import CellSize, measure_rates
from harness.config import build_settings
from harness.methods import METHODS
from harness.plan import Cell
from tests.harness.cells.test_run_cell import TINY, cell_of
from tests.support import miniatures


def settings_of(method: str) -> Any:
    return build_settings(method, METHODS.get(method).Settings, TINY[method])


def size_of(*, num_fit: int, num_test: int = 1, num_steps: int = 1) -> CellSize:
    return CellSize(num_features=num_fit + num_test, num_fit=num_fit, num_test=num_test, num_steps=num_steps)


def test_costs_that_are_lines_are_found_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_cell(cell: Cell, context: CellContext, report: Any) -> Any:
        steps = json.loads(cell.settings_json)["steps"]
        assert cell.limit is not None
        assert context.features_dir is not None
        images = 3 * cell.limit
        (context.features_dir / "entry").mkdir(parents=True, exist_ok=True)
        (context.features_dir / "entry" / "0.npy").write_bytes(bytes(100 * images))
        report(CellProgress(stage="fit", done=steps, total=steps))
        return SimpleNamespace(
            num_train=cell.limit,
            num_test_normal=cell.limit,
            num_test_defect=cell.limit,
            feature_seconds=0.5 + 0.25 * images,
            fit_seconds=1.0 + 0.5 * cell.limit + 0.125 * steps,
        )

    miniatures.mvtec_ad(tmp_path)
    monkeypatch.setattr(trial_run, "run_cell", run_cell)
    monkeypatch.setattr(trial_run, "_nameless_bytes", lambda: 64)
    settings = settings_of("mfrnet")
    rates = measure_rates(cell_of(tmp_path, "mfrnet"), settings, CellContext(data_root=tmp_path, device="cpu"), 1)
    assert rates.fit(size_of(num_fit=3000, num_steps=1500)) == pytest.approx(1.0 + 0.5 * 3000 + 0.125 * 1500)
    assert rates.feature_seconds(90_000) == pytest.approx(0.5 + 0.25 * 90_000)
    assert rates.feature_bytes == 100
    assert rates.training_bytes == pytest.approx(64 / 25)


@pytest.mark.parametrize("method", TINY)
def test_a_trial_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr(trial_run.tempfile, "tempdir", None)
    (tmp_path / "scratch").mkdir()
    miniatures.mvtec_ad(tmp_path / "data")
    cell = cell_of(tmp_path / "data", method)
    rates = measure_rates(cell, settings_of(method), CellContext(data_root=tmp_path / "data", device="cpu"), 1)
    assert not (tmp_path / "cache" / "features").exists()
    assert not (tmp_path / "cache" / "fits").exists()
    assert not list((tmp_path / "scratch").glob("bench-*"))
    assert rates.judge_seconds(10) > 0
    if method == "constant":
        assert rates.feature_bytes == rates.training_bytes == 0
    else:
        # The filter bank's 57 channels of half precision at strides 4 to 32, as far as they are used.
        layers = settings_of(method).layers
        assert rates.feature_bytes == pytest.approx(
            sum(57 * 2 * (32 // 2 ** (each + 1)) ** 2 for each in layers), rel=0.1
        )
    if method == "mfrnet" and Path("/proc/self/maps").exists():
        assert rates.training_bytes > 0
