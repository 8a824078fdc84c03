from harness.leaderboard.board import NO_INTERVALS
from harness.leaderboard.intervals import Intervals
from harness.leaderboard.tables import Entry
from harness.report.figures.category_plot import category_plot
from harness.report.figures.plot_sheet import Sheet
from harness.report.figures.plot_types import CategoryPlot, LeftOut
from harness.store.schema import Record
from tests.support import records as make


def cell(method: str, category: str, score: float) -> Record:
    return make.cell_record(identity=make.identity(method=method, category=category), image_auroc=score)


def plot_of(*records: Record, intervals: Intervals) -> CategoryPlot:
    sheet = Sheet.of(make.frame(*records), intervals=intervals)
    plot = category_plot(sheet, sheet.standings[0])
    assert isinstance(plot, CategoryPlot)
    return plot


def test_every_number_has_its_own_interval() -> None:
    plot = plot_of(
        cell("a", "gear", 0.5),
        cell("a", "tile", 1.0),
        intervals=Intervals(
            ends={
                ("demo", "gear", "a", "image_auroc"): (0.4, 0.6),
                ("demo", "tile", "a", "image_auroc"): (0.9, 1.0),
                ("demo", "mean", "a", "image_auroc"): (0.7, 0.8),
            }
        ),
    )
    assert plot.categories == {
        "gear": {"a": Entry(mean=0.5, low=0.4, high=0.6)},
        "tile": {"a": Entry(mean=1.0, low=0.9, high=1.0)},
    }
    assert plot.means == {"a": Entry(mean=0.75, low=0.7, high=0.8)}
    assert plot.heading.notes == ()


def test_a_failed_cell_is_not_drawn_and_withholds_the_mean() -> None:
    failed = make.failure_record(identity=make.identity(method="b", category="gear"))
    plot = plot_of(
        cell("a", "gear", 0.5), cell("a", "tile", 0.5), cell("b", "tile", 0.9), failed, intervals=NO_INTERVALS
    )
    assert plot.labels == ("a", "b")
    assert set(plot.means) == {"a"}
    assert {name: set(of_rows) for name, of_rows in plot.categories.items()} == {"gear": {"a"}, "tile": {"a", "b"}}
    assert "b on demo: failed in gear" in plot.heading.notes


def test_a_number_without_an_interval_is_named() -> None:
    plot = plot_of(cell("a", "gear", 0.5), intervals=NO_INTERVALS)
    assert plot.heading.notes == ("a in gear: no interval, too few test images",)


def test_categories_that_the_mean_needs_are_kept_without_numbers() -> None:
    sheet = Sheet.of(make.frame(cell("a", "gear", 0.5)), expected={"demo": ("gear", "tile")})
    plot = category_plot(sheet, sheet.standings[0])
    assert isinstance(plot, CategoryPlot)
    assert plot.categories["tile"] == {}
    assert plot.means == {}


def test_a_data_set_without_a_number_has_no_plot() -> None:
    failed = make.failure_record(identity=make.identity(dataset="mtd", category="mtd"))
    sheet = Sheet.of(make.frame(cell("a", "gear", 0.5), failed))
    plot = category_plot(sheet, sheet.standings[1])
    assert plot == LeftOut(name="categories_mtd", reason="mfrnet on mtd: failed in mtd")
