import pytest

from harness.report.figures.plot_sheet import Sheet
from harness.report.figures.plot_types import LeftOut, RankPlot
from harness.report.figures.rank_plot import rank_plot
from harness.stats import compare_ranks
from harness.store.schema import Record
from tests.support import records as make

SCORES = {"a": 0.9, "b": 0.8, "c": 0.7}


def grid(num_categories: int, scores: dict[str, float] = SCORES) -> list[Record]:
    return [
        make.cell_record(identity=make.identity(method=method, category=f"part_{number}"), image_auroc=score)
        for method, score in scores.items()
        for number in range(num_categories)
    ]


def test_ranks_are_those_of_the_statistics() -> None:
    plot = rank_plot(Sheet.of(make.frame(*grid(10))))
    assert isinstance(plot, RankPlot)
    assert plot.mean_ranks == {"a": 1.0, "b": 2.0, "c": 3.0}
    expected = compare_ranks(make.frame(*grid(10))["image_auroc"].to_numpy(float).reshape(3, 10).T)
    assert plot.critical_difference == pytest.approx(expected.critical_difference)
    assert plot.cliques == (("a", "b"), ("b", "c"))


def test_categories_of_all_data_sets_count() -> None:
    other = [
        make.cell_record(identity=make.identity(dataset="mtd", category="mtd", method=method), image_auroc=score)
        for method, score in SCORES.items()
    ]
    plot = rank_plot(Sheet.of(make.frame(*grid(9), *other)))
    assert isinstance(plot, RankPlot)
    assert plot.heading.title == "Mean rank by image AUROC over 10 categories"
    assert set(plot.heading.seeds) == {"demo", "mtd"}


def test_a_row_with_a_gap_is_left_out() -> None:
    failed = make.failure_record(identity=make.identity(method="c", category="part_9"))
    plot = rank_plot(Sheet.of(make.frame(*grid(10)[:-1], failed)))
    assert isinstance(plot, RankPlot)
    assert set(plot.mean_ranks) == {"a", "b"}
    assert plot.heading.notes == ("c on demo: failed in part_9",)


def test_too_few_categories_leave_the_plot_out() -> None:
    plot = rank_plot(Sheet.of(make.frame(*grid(1))))
    assert isinstance(plot, LeftOut)
    assert plot.reason.startswith("1 category, fewer than ")


def test_one_method_cannot_be_ranked() -> None:
    plot = rank_plot(Sheet.of(make.frame(*grid(10, {"a": 0.9}))))
    assert plot == LeftOut(name="critical_difference", reason="1 row with a number in every category, fewer than 2")
