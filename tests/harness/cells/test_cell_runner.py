"""What a machine of a cluster says that it lacks, before a cell is begun."""

from pathlib import Path

import pytest

from harness.cells.cell_context import CellContext
from harness.cells.cell_runner import CellRunner
from harness.store import RecordStore
from tests.support import miniatures


@pytest.fixture
def root(tmp_path: Path) -> Path:
    miniatures.mvtec_ad(tmp_path / "data")
    return tmp_path / "data"


def test_a_machine_with_everything_lacks_nothing(root: Path, tmp_path: Path) -> None:
    claims = RecordStore(str(tmp_path / "results")).claims()
    claims.begin()
    (tmp_path / "fixed.csv").touch()
    context = CellContext(
        data_root=root,
        datasets={"mvtec_ad": "mvtec_ad", "demo": "demo"},
        split=str(tmp_path / "fixed.csv"),
        weights={"resnet18": tmp_path / "fixed.csv"},
    )
    assert CellRunner(results=str(tmp_path / "results"), context=context, claim=claims.name).missing_here() == ()


def test_each_thing_that_is_missing_is_a_clause(root: Path, tmp_path: Path) -> None:
    context = CellContext(
        data_root=root,
        datasets={"mvtec_ad": "mvtec_ad", "visa": "visa", "mine": str(tmp_path / "mine" / "dataset.toml")},
        split="nowhere.csv",
        weights={"resnet18": tmp_path / "absent.safetensors"},
    )
    assert CellRunner(results=str(tmp_path / "results"), context=context, claim="desk-1.json").missing_here() == (
        f"there is no data set 'visa' in {root}",
        f"there is no data set 'mine' in {tmp_path / 'mine' / 'dataset.toml'}",
        f"there is no file {tmp_path / 'absent.safetensors'}",
        "there is no file nowhere.csv",
        f"the results folder {tmp_path / 'results'} is another one there",
    )


def test_results_that_cannot_be_read_are_told_apart_from_other_results(root: Path, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "claims").touch()
    context = CellContext(data_root=root, datasets={})
    (told,) = CellRunner(results=str(tmp_path / "results"), context=context, claim="desk-1.json").missing_here()
    assert told.startswith(f"the results cannot be read (Cannot list the claims in {tmp_path / 'results'}: ")
