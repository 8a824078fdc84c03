from typing import Any

import numpy as np
import pytest

from harness.report.figures.curve_plot import curve_plot, mean_curve
from harness.report.figures.plot_sheet import Sheet
from harness.report.figures.plot_types import Curve, CurveKind, CurvePlot, LeftOut
from harness.store.schema import Record
from tests.support import records as make
from tests.support.scores import drawn_scores, scored_record, scores_of


def plot_of(kind: CurveKind, *records: Record) -> CurvePlot | LeftOut:
    sheet = Sheet.of(make.frame(*records))
    return curve_plot(sheet, sheet.standings[0], kind, scores_of(records))


def cell(seed: int, gain: float = 1.0, method: str = "mfrnet", **changes: Any) -> Record:
    return scored_record(make.identity(seed=seed, method=method), drawn_scores(seed, gain=gain), **changes)


def area(curve: Curve) -> float:
    return float(np.trapezoid(curve.values, curve.fprs))


def test_roc_curves_are_the_rates_at_every_score() -> None:
    plot = plot_of("roc", cell(0), cell(1))
    assert isinstance(plot, CurvePlot)
    ((row,),) = (panel.rows for panel in plot.panels)
    for seed, curve in row.seeds.items():
        normals, defects = (
            np.array([score.anomaly_score for score in drawn_scores(seed) if score.is_defect == is_defect])
            for is_defect in (False, True)
        )
        levels = [np.inf, *sorted([*normals, *defects], reverse=True)]
        np.testing.assert_allclose(curve.fprs, [(normals >= level).mean() for level in levels])
        np.testing.assert_allclose(curve.values, [(defects >= level).mean() for level in levels])
    assert area(row.mean) == pytest.approx(row.area)
    assert row.area == pytest.approx(np.mean([area(curve) for curve in row.seeds.values()]))


def test_pro_curves_are_those_of_the_records() -> None:
    plot = plot_of("pro", cell(0, overlap_curve=(0.0, 0.5, 1.0)), cell(1, overlap_curve=(0.0, 0.75, 1.0)))
    assert isinstance(plot, CurvePlot)
    ((row,),) = (panel.rows for panel in plot.panels)
    np.testing.assert_allclose(row.seeds[1].fprs, [0, 0.15, 0.3])
    np.testing.assert_allclose(row.seeds[1].values, [0, 0.75, 1])
    np.testing.assert_allclose(row.mean.values, [0, 0.625, 1])
    assert row.area == 0.85


def test_the_best_area_comes_first() -> None:
    plot = plot_of("roc", cell(0, 0.5, "a"), cell(0, 3.0, "b"))
    assert isinstance(plot, CurvePlot)
    assert [row.label for row in plot.panels[0].rows] == ["b", "a"]


def test_a_row_with_a_failed_cell_is_not_drawn() -> None:
    failed = make.failure_record(identity=make.identity(seed=1, method="a"))
    plot = plot_of("roc", cell(0, method="a"), failed, cell(0), cell(1))
    assert isinstance(plot, CurvePlot)
    assert [row.label for row in plot.panels[0].rows] == ["mfrnet"]
    assert plot.heading.notes == ("a on demo: failed in tile",)


def test_records_without_a_curve_are_named() -> None:
    plot = plot_of("pro", cell(0, overlap_curve=None), cell(0, method="a"))
    assert isinstance(plot, CurvePlot)
    assert [row.label for row in plot.panels[0].rows] == ["a"]
    assert plot.heading.notes == ("mfrnet on demo: records without an overlap curve in tile",)


def test_a_data_set_without_masks_has_no_pro_curve() -> None:
    plot = plot_of("pro", cell(0, aupro_30=None, overlap_curve=None))
    assert plot == LeftOut(name="pro_demo", reason="demo: no curve without masks, in tile")


def test_steps_stay_steps_in_a_mean() -> None:
    low = Curve(fprs=np.array([0.0, 1.0, 1.0]), values=np.array([0.0, 0.0, 1.0]))
    high = Curve(fprs=np.array([0.0, 0.0, 1.0]), values=np.array([0.0, 1.0, 1.0]))
    mean = mean_curve([low, high])
    assert mean.fprs.tolist() == [0.0, 0.0, 1.0, 1.0]
    assert mean.values.tolist() == [0.0, 0.5, 0.5, 1.0]


def test_the_mean_of_one_curve_is_that_curve() -> None:
    curve = Curve(fprs=np.array([0.0, 0.0, 0.25, 1.0, 1.0]), values=np.array([0.0, 0.5, 0.75, 0.75, 1.0]))
    mean = mean_curve([curve])
    assert mean.fprs.tolist() == curve.fprs.tolist()
    assert mean.values.tolist() == curve.values.tolist()
