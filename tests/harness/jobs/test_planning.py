from pathlib import Path

import pytest

import harness
from harness.datasets import preflight
from harness.jobs import cell_checks, cell_splits
from tests.support import miniatures


def test_cells_of_a_multi_class_run_are_fitted_on_all_categories_whichever_are_judged(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path)
    asked = {"datasets": ["mvtec_ad"], "methods": ["constant"], "data": tmp_path, "results": str(tmp_path / "results")}
    more = {"regime": "multi-class", "protocol": {"image_size_px": 32}, "seeds": [0, 1]}
    every, one = (harness.plan({**asked, **more}, categories=names).plan.cells for names in ([], ["carpet"]))
    assert {cell.id for cell in one} < {cell.id for cell in every}
    assert [len({cell.fit_id for cell in cells}) for cells in (every, one)] == [2, 2]
    assert len({cell.data_fingerprint for cell in every}) == 1


@pytest.mark.parametrize(("dataset", "num_splits"), [("mvtec_ad", 2), ("mtd", 8)])
def test_files_are_looked_at_once_for_each_split_there_is_whatever_the_number_of_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: str, num_splits: int
) -> None:
    getattr(miniatures, dataset)(tmp_path)
    made: list[str] = []
    checked: list[str] = []
    splits_of_cell, check_split = cell_splits.splits_of_cell, preflight.check_split
    monkeypatch.setattr(cell_splits, "splits_of_cell", lambda *of: made.append("") or splits_of_cell(*of))
    monkeypatch.setattr(
        cell_checks, "check_split", lambda split, name: checked.append(name) or check_split(split, name)
    )
    harness.plan(
        datasets=[dataset], methods=["constant", "gaussian"], seeds=range(8), data=tmp_path, backbone="filter_bank",
        results=str(tmp_path / "results"), protocol={"image_size_px": 32},
    )  # fmt: skip
    # Published for all seeds, in two categories; drawn by the seed in one.
    assert (len(made), len(checked)) == (num_splits, num_splits)
