import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from harness.cached_folders import lock_of
from harness.cells.cell_context import CellContext
from harness.cells.opened_cell import open_cell
from harness.cells.outcome import CellProgress
from harness.cells.run_cell import run_cell
from harness.cells.shared_fit import fit_cell
from harness.config import Protocol, as_json
from harness.datasets.finding import find
from harness.datasets.fingerprint import fingerprint
from harness.methods import METHODS, computing
from harness.plan import Cell, canonical_json
from harness.records import CellRecord
from mfrnet.tensor_file import save_tensors
from tests.support import miniatures
from tests.support.cells import TINY_SETTINGS

CATEGORIES = ("bottle", "carpet")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    miniatures.mvtec_ad(tmp_path / "data")
    return tmp_path / "data"


def cell_of(root: Path, category: str = "bottle", method: str = "gaussian", regime: str = "multi-class") -> Cell:
    kind = METHODS.get(method)
    known = kind.Settings.__dataclass_fields__
    settings = kind.Settings(**{name: value for name, value in TINY_SETTINGS.items() if name in known})
    return Cell(
        dataset="mvtec_ad",
        category=category,
        method=method,
        method_version=kind.version,
        seed=0,
        settings_json=canonical_json(as_json(settings)),
        protocol=Protocol(image_size_px=32),
        data_fingerprint=fingerprint(find("mvtec_ad", root), root, category, regime),
        weights_sha256="",
        cost=1.0,
        regime=regime,
    )


def ran(cell: Cell, root: Path, **context: Any) -> tuple[CellRecord, list[CellProgress]]:
    told: list[CellProgress] = []
    return run_cell(cell, CellContext(data_root=root, device="cpu", **context), told.append), told


def stages(told: list[CellProgress]) -> list[str]:
    return list(dict.fromkeys(progress.stage for progress in told))


@pytest.mark.parametrize("method", ["constant", "gaussian", "mfrnet"])
def test_a_shared_fit_gives_the_maps_of_a_fit_of_one_s_own(root: Path, method: str) -> None:
    (first, of_first), (second, of_second) = (ran(cell_of(root, name, method), root) for name in CATEGORIES)
    assert stages(of_first)[0] == "fit"
    assert stages(of_second)[0] == "score"
    own, of_own = ran(cell_of(root, "carpet", method), root, fit_token="again")
    assert stages(of_own)[0] == "fit"
    assert second.maps_sha256 == own.maps_sha256
    assert first.fit_seconds == second.fit_seconds > 0


@pytest.mark.parametrize("method", ["constant", "gaussian", "mfrnet"])
def test_cells_that_differ_in_the_corruption_of_their_test_images_share_one_fit(root: Path, method: str) -> None:
    clean = cell_of(root, "carpet", method, "one-class")
    noisy, dark = (replace(clean, corrupt=corrupt) for corrupt in ("noise:2", "brightness:3"))
    (_, of_clean), (_, of_noisy), (shared, of_dark) = (ran(cell, root) for cell in (clean, noisy, dark))
    assert [stages(told)[0] for told in (of_clean, of_noisy, of_dark)] == ["fit", "fit", "score"]
    own, of_own = ran(dark, root, fit_token="again")
    assert stages(of_own)[0] == "fit"
    assert shared.maps_sha256 == own.maps_sha256
    assert clean.fit_id == clean.id == noisy.fit_id == dark.fit_id


def test_cells_that_differ_in_what_follows_training_share_it_where_they_may(root: Path, tmp_path: Path) -> None:
    cell = cell_of(root, method="mfrnet", regime="one-class")
    more = replace(cell, settings_json=canonical_json({**json.loads(cell.settings_json), "n": 3}))
    first, of_first = ran(cell, root, share_trainings=True)
    shared, of_shared = ran(more, root, share_trainings=True)
    own, of_own = ran(more, root)
    again, of_again = ran(more, root, share_trainings=True, fit_token="again")
    assert [stages(told)[0] for told in (of_first, of_shared, of_own, of_again)] == ["fit", "score", "fit", "fit"]
    assert first.maps_sha256 != shared.maps_sha256 == own.maps_sha256 == again.maps_sha256
    assert len(list((tmp_path / "cache/trainings").glob("*/trained.safetensors"))) == 2


def test_a_cell_that_waits_for_another_training_says_so(root: Path, tmp_path: Path) -> None:
    cell = cell_of(root, method="mfrnet", regime="one-class")
    ran(cell, root, share_trainings=True)
    (entry,) = (path for path in (tmp_path / "cache/trainings").iterdir() if path.is_dir())
    of_another = lock_of(entry)
    of_another.acquire()
    told: list[str] = []

    def report(progress: CellProgress) -> None:
        told.append(progress.stage)
        of_another.release()

    run_cell(cell, CellContext(data_root=root, device="cpu", share_trainings=True), report)
    assert told[0] == "wait for the shared training"


def test_a_fit_that_did_not_train_says_what_training_took(root: Path, tmp_path: Path) -> None:
    cell = cell_of(root, method="mfrnet", regime="one-class")
    ran(cell, root, share_trainings=True)
    (file,) = (tmp_path / "cache/trainings").glob("*/trained.safetensors")
    save_tensors({**load_file(file), "seconds": torch.tensor(1000.0, dtype=torch.float64)}, file)
    record, _ = ran(cell, root, share_trainings=True)
    assert 1000 < record.fit_seconds < 1100


def test_a_fit_of_all_categories_trains_on_all_and_judges_one(root: Path) -> None:
    opened = open_cell(cell_of(root, "carpet"), CellContext(data_root=root, device="cpu"))
    assert {sample.id.split("/")[0] for sample in opened.split.train} == set(CATEGORIES)
    assert {sample.id.split("/")[0] for sample in opened.split.test} == {"carpet"}
    record, _ = ran(cell_of(root, "carpet"), root)
    assert (record.num_train, record.identity.regime) == (12, "multi-class")
    assert {score.image_id.split("/")[0] for score in record.image_scores} == {"carpet"}


def test_every_cell_of_a_fit_would_fit_the_same_images_in_the_same_order(root: Path) -> None:
    context = CellContext(data_root=root, device="cpu")
    first, second = (open_cell(cell_of(root, name), context).train for name in CATEGORIES)
    assert (first.ids, first.key, first.size_px) == (second.ids, second.key, second.size_px)


def test_another_image_of_another_category_makes_other_cells(root: Path) -> None:
    before = {regime: cell_of(root, regime=regime).id for regime in ("one-class", "few-shot-2", "multi-class")}
    miniatures.write_image(root / "mvtec_ad/carpet/train/good/000.png", seed=99)
    after = {regime: cell_of(root, regime=regime).id for regime in before}
    assert {regime for regime in before if before[regime] != after[regime]} == {"multi-class"}


def test_a_fit_of_one_category_is_not_kept(root: Path, tmp_path: Path) -> None:
    ran(cell_of(root, regime="one-class"), root)
    ran(cell_of(root, regime="few-shot-1"), root)
    assert not (tmp_path / "cache/fits").exists()


def test_a_damaged_fit_is_made_again(root: Path, tmp_path: Path) -> None:
    ran(cell_of(root), root)
    (tensors,) = (tmp_path / "cache/fits").rglob("model.safetensors")
    tensors.write_bytes(tensors.read_bytes()[:-1])
    record, told = ran(cell_of(root, "carpet"), root)
    assert stages(told)[0] == "fit"
    assert record.maps_sha256


def test_what_an_interrupted_removal_left_is_made_whole_again(root: Path, tmp_path: Path) -> None:
    ran(cell_of(root), root)
    (description,) = (tmp_path / "cache/fits").rglob("model.json")
    description.unlink()
    ran(cell_of(root, "carpet"), root)
    assert description.is_file()
    assert stages(ran(cell_of(root, "carpet"), root)[1])[0] == "score"


def test_a_fit_of_other_code_is_not_taken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(cell_of(root), root)
    monkeypatch.setattr(computing, "source_hash", lambda *modules: "other code")
    assert stages(ran(cell_of(root, "carpet"), root)[1])[0] == "fit"


@pytest.mark.parametrize("shots", [1, 2, 4])
@pytest.mark.parametrize("method", ["constant", "gaussian", "mfrnet"])
def test_a_few_shot_cell_learns_from_a_few_images_and_says_so(root: Path, method: str, shots: int) -> None:
    record, _ = ran(cell_of(root, method=method, regime=f"few-shot-{shots}"), root)
    assert (record.num_train, record.num_test_normal, record.num_test_defect) == (shots, 3, 4)
    assert record.num_left_out == 6 - shots
    assert record.metrics["image_auroc"] is not None


def test_few_shots_share_the_features_of_the_category(root: Path) -> None:
    context = CellContext(data_root=root, device="cpu")
    regimes = ("one-class", "few-shot-1", "few-shot-2")
    bases = [open_cell(cell_of(root, regime=regime), context).test.base for regime in regimes]
    assert len({base.key for base in bases if base is not None}) == 1


def test_a_method_that_fails_leaves_no_fit_and_frees_the_lock(root: Path, tmp_path: Path) -> None:
    context = CellContext(data_root=root, device="cpu")

    def failing(*_: Any) -> None:
        raise ArithmeticError("no fit")

    opened = open_cell(cell_of(root), context)
    opened.method.fit = failing  # type: ignore[method-assign]
    with pytest.raises(ArithmeticError, match=r"^no fit$"):
        fit_cell(opened, cell_of(root), context, lambda progress: None)
    assert not [path for path in (tmp_path / "cache/fits").iterdir() if path.is_dir()]
    assert ran(cell_of(root), root)[0].metrics["image_auroc"] is not None
