from typing import Any

import pytest

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard import Side
from harness.leaderboard.pairing import common_cells
from harness.store.schema import Record
from tests.support import records as make
from tests.support.scores import scores_of


def cell(category: str = "gear", seed: int = 0, method: str = "mfrnet", **identity: Any) -> Record:
    return make.cell_record(identity=make.identity(category=category, seed=seed, method=method, **identity))


def failed(category: str = "gear", seed: int = 0, method: str = "mfrnet") -> Record:
    return make.failure_record(identity=make.identity(category=category, seed=seed, method=method))


def side(row: str, *records: Record) -> Side:
    return Side.of(make.frame(*records), row, scores_of(records))


def sides(*records: Record) -> tuple[Side, Side]:
    return side("mfrnet", *records), side("gaussian", *records)


def test_a_row_is_found_by_the_label_of_the_tables() -> None:
    records = [cell(settings={"k": 3}), cell(settings={"k": 4}), cell(method="gaussian")]
    found = side("mfrnet [k=4]", *records)
    assert found.records["settings"].tolist() == ['{"k":4}']
    assert (found.label, side("gaussian", *records).label) == ("mfrnet [k=4]", "gaussian")


def test_a_method_with_several_rows_is_its_newest() -> None:
    newer = make.provenance(finished_at="2026-01-01")
    of_k4 = make.cell_record(identity=make.identity(category="gear", settings={"k": 4}), provenance=newer)
    assert side("mfrnet", of_k4, cell(settings={"k": 3})).records["settings"].tolist() == ['{"k":4}']


def test_an_unknown_row_gets_the_nearest_known_one() -> None:
    with pytest.raises(
        UnknownNameError, match=r"Unknown row 'mfrnt'\. Did you mean 'mfrnet'\? Known: gaussian, mfrnet"
    ):
        side("mfrnt", cell(), cell(method="gaussian"))


def test_cells_are_matched_by_data_set_category_and_seed() -> None:
    found = common_cells(
        *sides(cell(seed=1), cell(seed=0), cell(method="gaussian", seed=0), cell(method="gaussian", seed=1))
    )
    assert found.frame["seed"].tolist() == [0, 1]
    assert found.frame["method_a"].tolist() == ["mfrnet"] * 2
    assert found.frame["method_b"].tolist() == ["gaussian"] * 2
    assert found.left_out == ()


def test_what_only_one_side_has_is_left_out_and_counted() -> None:
    records = [
        cell(),
        cell(method="gaussian"),
        *(cell("tile", seed) for seed in (0, 1)),
        cell("tile", 2, "gaussian"),
        failed("weave"),
        cell("weave", 0, "gaussian"),
        cell("weave", 1),
        failed("weave", 1, "gaussian"),
        failed("knit"),
        failed("knit", 0, "gaussian"),
    ]
    found = common_cells(*sides(*records))
    assert found.frame["category"].tolist() == ["gear"]
    assert found.left_out == (
        "left out, only mfrnet has them: 2 cells (demo/tile seeds 0, 1)",
        "left out, only gaussian has them: 1 cell (demo/tile seed 2)",
        "left out, failed for mfrnet: 1 cell (demo/weave seed 0)",
        "left out, failed for gaussian: 1 cell (demo/weave seed 1)",
        "left out, failed for both: 1 cell (demo/knit seed 0)",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"protocol": "other"},
            r"protocol mfrnet-bench-1/192/keep/127 against other\. Expected cells of one protocol:",
        ),
        ({"limit": 8}, r"limit none against 8\. Expected cells of one limit:"),
        ({"split": "fold-1"}, r"split published against fold-1\. Expected cells of one split:"),
        (
            {"data_fingerprint": "new"},
            r"data fingerprint demo-gear against new\. Expected cells of one data fingerprint:",
        ),
    ],
)
def test_cells_of_another_kind_are_refused(changes: dict[str, Any], message: str) -> None:
    start = r"mfrnet and gaussian do not compare on 1 cell \(demo/gear seed 0\): "
    with pytest.raises(StoreError, match=start + message):
        common_cells(*sides(cell(), cell(method="gaussian", **changes)))


def test_rows_without_a_common_cell_are_refused() -> None:
    with pytest.raises(
        StoreError,
        match=r"mfrnet and gaussian have no finished cell in common \(left out, only mfrnet .* categories and seeds\.$",
    ):
        common_cells(*sides(cell("gear"), cell("tile", method="gaussian")))


def test_cells_that_left_out_different_images_as_unreadable_do_not_compare() -> None:
    partial = make.cell_record(
        identity=make.identity(category="gear", method="gaussian"), num_unreadable=1, unreadable_ids='["a.png"]'
    )
    with pytest.raises(
        StoreError,
        match=r'on 1 cell .* they left out different images as unreadable, none against \["a\.png"\]',
    ):
        common_cells(*sides(cell(), partial))


def test_a_failure_has_left_out_nothing() -> None:
    partial = make.cell_record(identity=make.identity(category="gear"), num_unreadable=1, unreadable_ids='["a.png"]')
    both = [make.cell_record(identity=make.identity(category="nut", method=name)) for name in ("mfrnet", "gaussian")]
    found = common_cells(*sides(partial, failed(method="gaussian"), *both))
    assert found.frame["category"].tolist() == ["nut"]
