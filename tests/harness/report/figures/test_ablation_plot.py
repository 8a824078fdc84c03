from typing import Any

import pytest

from harness.errors import UnknownNameError
from harness.leaderboard.ablation_study import AblationStudy
from harness.report.figures.ablation_plot import ablation_plots
from harness.report.figures.plot_types import AblationPlot, FactorPanel, FactorPoint, PlotSet
from harness.store.schema import Record
from tests.support import records as make

BASE = {"k": 2, "n": 3}
CONTROL = {"top_share": 0.02}


def cell(value: float, seed: int = 0, method: str = "mfrnet", **changes: int) -> Record:
    settings = {**BASE, **changes} if method == "mfrnet" else CONTROL
    identity = make.identity(category="gear", method=method, seed=seed, settings=settings)
    return make.cell_record(identity=identity, image_auroc=value)


def plots(*records: Record, crossed: bool = False, controls: tuple[str, ...] = (), **factors: Any) -> PlotSet:
    study = AblationStudy(method="mfrnet", base=BASE, factors=factors, is_crossed=crossed, controls=controls)
    return ablation_plots(make.frame(*records), study, metrics=["image_auroc"], expected={})


def panels(made: PlotSet) -> tuple[FactorPanel, ...]:
    (plot,) = made.plots
    assert isinstance(plot, AblationPlot)
    return plot.panels


def test_a_panel_a_factor_with_the_reference_in_each() -> None:
    records = [cell(0.8, seed) for seed in (0, 1)]
    records += [cell(0.9, 0, k=3), cell(0.7, 1, k=3), cell(0.6, n=1), cell(0.6, 1, n=1)]
    of_k, of_n = panels(plots(*records, k=(3,), n=(1,)))
    assert (of_k.factor, of_k.values, of_n.factor, of_n.values) == ("k", ("2", "3"), "n", ("1", "3"))
    reference, changed = of_k.lines[0].points
    assert reference == FactorPoint(mean=0.8, std=None, is_reference=True)
    assert changed is not None
    assert (changed.mean, changed.is_reference) == (pytest.approx(0.8), False)
    assert [point.is_reference for point in of_n.lines[0].points if point] == [False, True]


def test_the_spread_over_three_seeds_is_the_tables_standard_deviation() -> None:
    records = [cell(value, seed, **change) for change in ({}, {"k": 3}) for seed, value in enumerate((0.7, 0.8, 0.9))]
    (panel,) = panels(plots(*records, k=(3,)))
    assert [point.std for point in panel.lines[0].points if point] == [pytest.approx(0.1)] * 2


def test_crossed_factors_are_lines_in_one_panel() -> None:
    records = [cell(0.5 + 0.1 * k + 0.01 * n, k=k, n=n) for k in (2, 3) for n in (1, 3)]
    (panel,) = panels(plots(*records, crossed=True, k=(2, 3), n=(1, 3)))
    assert [line.label for line in panel.lines] == ["n=1", "n=3"]
    means = [[point.mean for point in line.points if point] for line in panel.lines]
    assert means == [[pytest.approx(0.71), pytest.approx(0.81)], [pytest.approx(0.73), pytest.approx(0.83)]]


def test_a_control_is_a_level_in_every_panel() -> None:
    made = plots(cell(0.8), cell(0.9, k=3), cell(0.7, method="gaussian"), controls=("gaussian",), k=(3,))
    assert [panel.controls for panel in panels(made)] == [{"gaussian": 0.7}]
    assert made.labels == ("mfrnet", "gaussian")


def test_what_is_missing_or_failed_is_not_drawn_and_said() -> None:
    failed = make.failure_record(identity=make.identity(category="gear", settings={**BASE, "k": 3}))
    made = plots(cell(0.8), failed, k=(3, 4))
    (panel,) = panels(made)
    assert [point is None for point in panel.lines[0].points] == [False, True, True]
    assert made.plots[0].heading.notes == ("mfrnet [k=3] on demo: failed in gear",)


def test_a_metric_that_no_record_has_is_left_out() -> None:
    record = make.cell_record(identity=make.identity(category="gear", settings=BASE), aupro_30=None)
    study = AblationStudy(method="mfrnet", base=BASE, factors={"k": (3,)}, is_crossed=False)
    made = ablation_plots(make.frame(record), study, metrics=["aupro_30"], expected={})
    assert (made.plots, [one.name for one in made.left_out]) == ((), ["ablation_mfrnet_aupro_30"])
    with pytest.raises(UnknownNameError, match="Unknown metric 'aupro'"):
        ablation_plots(make.frame(record), study, metrics=["aupro"], expected={})
