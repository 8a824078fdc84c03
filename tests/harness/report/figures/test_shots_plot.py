from typing import Any

from harness.leaderboard.board import NO_INTERVALS
from harness.report.figures.all_plots import all_plots
from harness.report.figures.plot_types import AblationPlot, LeftOut
from harness.report.figures.shots_plot import shots_plots
from tests.support import records as make
from tests.support.scores import drawn_scores, scored_record, scores_of


def cell(regime: str, score: float, *, method: str = "mfrnet", seed: int = 0, dataset: str = "demo") -> Any:
    identity = make.identity(regime=regime, method=method, seed=seed, dataset=dataset)
    return make.cell_record(identity=identity, image_auroc=score)


def plot_of(*cells: Any) -> AblationPlot | LeftOut:
    return next(iter(shots_plots(make.frame(*cells), expected={})))


def lines(plot: AblationPlot | LeftOut) -> dict[str, list[float | None]]:
    assert isinstance(plot, AblationPlot)
    return {
        line.label: [None if point is None else point.mean for point in line.points]
        for panel in plot.panels
        for line in panel.lines
    }


def test_numbers_of_images_stand_in_their_order_and_all_images_last() -> None:
    plot = plot_of(
        cell("few-shot-16", 0.75),
        cell("one-class", 1.0),
        cell("few-shot-2", 0.5),
        cell("one-class", 0.625, method="gaussian"),
    )
    assert lines(plot) == {"gaussian": [None, None, 0.625], "mfrnet": [0.5, 0.75, 1.0]}
    assert isinstance(plot, AblationPlot)
    assert plot.panels[0].values == ("2", "16", "all")
    assert plot.heading.name == "shots_image_auroc"


def test_the_spread_is_that_over_the_draws() -> None:
    plot = plot_of(*(cell("few-shot-2", score, seed=seed) for seed, score in enumerate((0.5, 0.75, 1.0))))
    assert isinstance(plot, AblationPlot)
    (point,) = plot.panels[0].lines[0].points
    assert point is not None
    assert (point.mean, point.std) == (0.75, 0.25)
    assert plot.heading.seeds == {"demo": {"mfrnet": (0, 1, 2)}}


def test_no_caption_names_one_regime_for_all() -> None:
    plot = plot_of(cell("few-shot-2", 0.5), cell("few-shot-4", 0.625))
    assert isinstance(plot, AblationPlot)
    assert "few-shot" not in plot.heading.protocol


def test_each_data_set_has_a_panel_and_gaps_are_told() -> None:
    failed = make.failure_record(identity=make.identity(regime="few-shot-4", dataset="mtd"))
    plot = plot_of(cell("few-shot-2", 0.5), cell("few-shot-4", 0.75), cell("few-shot-2", 0.5, dataset="mtd"), failed)
    assert isinstance(plot, AblationPlot)
    assert [panel.title for panel in plot.panels] == ["demo", "mtd"]
    assert plot.heading.notes == ("4 images, mfrnet on mtd: failed in tile",)


def test_shots_are_drawn_beside_the_plots_of_any_regime() -> None:
    records = [scored_record(make.identity(method=method), drawn_scores(0)) for method in ("a", "b")]
    few = make.frame(cell("few-shot-2", 0.5, method="c"))
    made = all_plots(make.frame(*records), scores_of(records), intervals=NO_INTERVALS, expected={}, few_shots=few)
    assert made.labels == ("a", "b", "c")
    assert [plot.heading.name for plot in made.plots][-2:] == ["shots_image_auroc", "shots_aupro_30"]
