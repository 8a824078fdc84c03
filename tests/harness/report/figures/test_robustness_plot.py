from harness.leaderboard.robustness import Robustness
from harness.records import CellRecord
from harness.report.figures.figure_files import draw
from harness.report.figures.plot_types import AblationPlot
from harness.report.figures.robustness_plot import robustness_plots
from harness.report.figures.style import looks_of
from tests.support import records as make


def cell(auroc: float, method: str = "mfrnet", **condition: object) -> CellRecord:
    return make.cell_record(identity=make.identity(method=method, **condition), image_auroc=auroc)


def plot(*disturbed: CellRecord) -> AblationPlot:
    clean = [cell(0.9), cell(0.8, "gaussian")]
    scores = {each.identity.cell_id: clean[0].image_scores for each in (*clean, *disturbed)}
    found = Robustness.of(make.frame(*clean), make.frame(*disturbed), scores.__getitem__, metrics=["image_auroc"])
    made = robustness_plots(found)
    assert made.labels == ("gaussian", "mfrnet")
    (one,) = made.plots
    assert isinstance(one, AblationPlot)
    return one


def test_a_panel_a_corruption_with_the_undisturbed_value_first_and_a_line_a_method() -> None:
    one = plot(
        cell(0.5, corrupt="noise:5"),
        cell(0.7, corrupt="noise:3"),
        cell(0.6, "gaussian", corrupt="noise:3"),
        cell(0.4, corrupt="blur:2"),
    )
    blur, noise = one.panels
    assert (blur.factor, blur.values) == ("severity of blur", ("0", "2"))
    assert (noise.factor, noise.values) == ("severity of noise", ("0", "3", "5"))
    levels = {line.label: [point and round(point.mean, 6) for point in line.points] for line in noise.lines}
    assert levels == {"gaussian": [0.8, 0.6, None], "mfrnet": [0.9, 0.7, 0.5]}
    assert [point.is_reference for point in noise.lines[1].points if point] == [True, False, False]


def test_contamination_is_a_panel_of_shares_and_both_at_once_are_in_none() -> None:
    one = plot(cell(0.8, contaminate=0.05), cell(0.7, contaminate=0.1), cell(0.6, contaminate=0.1, corrupt="noise:3"))
    (panel,) = one.panels
    assert (panel.factor, panel.values) == ("defects in training (%)", ("0", "5", "10"))


def test_the_curves_are_drawn() -> None:
    one = plot(cell(0.5, corrupt="noise:5"), cell(0.8, contaminate=0.05))
    (page,) = draw(one, looks_of(["gaussian", "mfrnet"]))
    titles = [axes.get_xlabel() for axes in page.figure.axes]
    assert titles == ["defects in training (%)", "severity of noise"]
