import pytest

from harness.leaderboard import Board, Intervals, category_table
from harness.leaderboard.tables import Table
from harness.records import CellRecord
from harness.report.html.board_grid import category_grids, explanation, means_grid
from tests.support import records as make

METRICS = ("image_auroc", "aupro_30")


def record(method: str, category: str, seed: int, score: float) -> CellRecord:
    return make.cell_record(identity=make.identity(method=method, category=category, seed=seed), image_auroc=score)


@pytest.fixture
def table() -> Table:
    scores = {"mfrnet": (0.9, 0.8), "gaussian": (0.7, 0.95), "padim": (0.6, 0.6)}
    found = [
        record(method, category, seed, score + seed / 100)
        for method, of_categories in scores.items()
        for category, score in zip(("bolt", "nut"), of_categories, strict=True)
        for seed in range(3)
    ]
    found = [one for one in found if (one.identity.method, one.identity.category) != ("padim", "nut")]
    found += [record("single", category, 0, 0.5) for category in ("bolt", "nut")]
    intervals = Intervals(ends={("demo", "mean", "mfrnet", "image_auroc"): (0.8, 0.9125)})
    return category_table(Board.of(make.frame(*found), METRICS, intervals=intervals), "demo")


def test_means_are_the_tables_last_row_in_percent(table: Table) -> None:
    grid = means_grid(table)
    assert grid.columns == ("image AUROC", "AUPRO")
    assert [row.label for row in grid.rows] == ["mfrnet", "gaussian", "single†", "padim"]
    best = grid.rows[0].cells[0]
    assert (best.mean, best.std, best.low, best.high, best.place) == ("86.0", "1.0", "80.0", "91.2", 1)
    assert best.sort_key == pytest.approx(0.86)


def test_a_withheld_mean_says_why_and_has_no_place(table: Table) -> None:
    cell = means_grid(table).rows[-1].cells[0]
    assert (cell.mean, cell.place, cell.sort_key) == ("--", None, None)
    assert cell.explanation == "withheld, because a cell is missing or failed"
    assert "--: withheld, because a cell is missing or failed." in explanation(table)
    assert table.notes == ("padim on demo: missing nut seeds 0, 1, 2",)


def test_seeds_are_the_rows_own(table: Table) -> None:
    assert {row.label: row.seeds for row in means_grid(table).rows} == {
        "mfrnet": (0, 1, 2), "gaussian": (0, 1, 2), "single†": (0,), "padim": (0, 1, 2),
    }  # fmt: skip


def test_categories_have_one_grid_a_metric_with_the_mean_below(table: Table) -> None:
    first, second = category_grids(table)
    assert (first.title, second.title) == ("image AUROC", "AUPRO")
    assert [(row.label, row.is_summary) for row in first.rows] == [("bolt", False), ("nut", False), ("mean", True)]
    assert [cell.mean for cell in first.rows[1].cells] == ["81.0", "96.0", "50.0", "--"]
    assert [cell.place for cell in first.rows[1].cells] == [2, 1, 3, None]


def test_the_explanation_names_the_interval_only_where_there_is_one(table: Table) -> None:
    assert "95 % bootstrap interval over test images" in explanation(table)
    bare = category_table(Board.of(make.frame(record("mfrnet", "bolt", 0, 0.9)), METRICS), "demo")
    assert "bootstrap" not in explanation(bare)
    assert category_grids(bare) == ()
    assert means_grid(bare).title == "Results on demo"
