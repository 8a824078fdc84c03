"""ROC curves from the scores of the test images, PRO curves from the records.

Shapes: P points of a curve, R false positive rates of several curves.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.leaderboard.intervals import ImageScoresOf
from harness.leaderboard.standings import Standings
from harness.report.figures.plot_sheet import OVERLAP, SCORE, Lack, Sheet, gaps, lack_notes, names_text
from harness.report.figures.plot_types import Curve, CurveKind, CurvePanel, CurvePlot, LeftOut, RowCurves

MAX_PRO_FPR = 0.3
"""Right end of the overlap curve that records keep."""

_METRIC: Mapping[CurveKind, str] = {"roc": SCORE, "pro": OVERLAP}
_TITLE: Mapping[CurveKind, str] = {"roc": "ROC of the image scores", "pro": "PRO of the anomaly maps"}


def curve_plot(sheet: Sheet, one: Standings, kind: CurveKind, image_scores: ImageScoresOf) -> CurvePlot | LeftOut:
    """The curves of all rows in all categories of a data set.

    A row is drawn in a category where the tables have its number there. PRO curves are those of records
    that keep one, which records before version 2 do not.

    Args:
        sheet: The records.
        one: The data set.
        kind: Which curve.
        image_scores: Cell id to the scores of its test images, called for ROC curves only.
    """
    name, metric = f"{kind}_{one.dataset}", _METRIC[kind]
    lacks = gaps(one, one.rows, metric)
    defined = one.measured_categories(metric)
    undefined = [category for category in one.categories if category not in defined]
    drawn: list[str] = []
    curveless: dict[str, list[str]] = {}
    panels: list[CurvePanel] = []
    for category in one.categories:
        curves = []
        for row in one.rows:
            area = one.category(category, row, metric).mean
            if area is None:
                continue
            cells = sheet.finished(one.dataset, row, category)
            if kind == "pro" and cells["overlap_curve"].isna().any():
                curveless.setdefault(row, []).append(category)
                continue
            seeds = dict(_roc_curves(cells, image_scores) if kind == "roc" else _pro_curves(cells))
            curves.append(RowCurves(label=row, area=area, mean=mean_curve(list(seeds.values())), seeds=seeds))
        drawn += [curve.label for curve in curves]
        if curves:
            best_first = sorted(curves, key=lambda curve: (-curve.area, curve.label))
            panels.append(CurvePanel(category=category, rows=tuple(best_first)))
    lacks += [
        Lack(row, one.dataset, f"records without an overlap curve in {names_text(found)}")
        for row, found in curveless.items()
    ]
    notes = lack_notes(lacks, one.rows)
    if undefined:
        notes.append(f"{one.dataset}: no curve without masks, in {names_text(undefined)}")
    if not panels:
        return LeftOut(name=name, reason="; ".join(notes))
    heading = sheet.heading(
        name, f"{one.dataset}: {_TITLE[kind]}", [(one.dataset, row) for row in dict.fromkeys(drawn)], notes
    )
    return CurvePlot(heading=heading, kind=kind, panels=tuple(panels))


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean of curves at each false positive rate, vertical steps kept.

    The area below it is the mean of the areas below them.

    Args:
        curves: At least one; all begin at one rate and end at one.
    """
    rates_R = np.unique(np.concatenate([curve.fprs for curve in curves]))
    before_R, after_R = np.mean([_limits(curve, rates_R) for curve in curves], axis=0)
    fprs_P = np.repeat(rates_R, 2)
    values_P = np.stack([before_R, after_R], axis=1).ravel()
    is_new_P = np.append(True, (np.diff(fprs_P) > 0) | (np.diff(values_P) != 0))
    return Curve(fprs=fprs_P[is_new_P], values=values_P[is_new_P])


def _limits(curve: Curve, rates_R: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of a curve just before and just after each rate: they differ where it steps."""
    first_R = np.searchsorted(curve.fprs, rates_R, side="left")
    last_R = np.searchsorted(curve.fprs, rates_R, side="right") - 1
    # The width is 0 at a point of the curve, and the share then leaves the last of equal rates: behind a step.
    width_R = curve.fprs[first_R] - curve.fprs[last_R]
    share_R = np.divide(rates_R - curve.fprs[last_R], width_R, out=np.zeros_like(rates_R), where=width_R > 0)
    after_R = curve.values[last_R] + share_R * (curve.values[first_R] - curve.values[last_R])
    before_R = np.where(width_R > 0, after_R, curve.values[first_R])
    return before_R, after_R


def _roc_curves(cells: pd.DataFrame, image_scores: ImageScoresOf) -> Iterator[tuple[int, Curve]]:
    import sklearn.metrics  # takes half a second, and only drawing needs it

    for cell_id, seed in zip(cells["cell_id"], cells["seed"], strict=True):
        scores = image_scores(cell_id)
        fprs_P, tprs_P, _ = sklearn.metrics.roc_curve(
            [score.is_defect for score in scores], [score.anomaly_score for score in scores], drop_intermediate=False
        )
        yield int(seed), Curve(fprs=fprs_P, values=tprs_P)


def _pro_curves(cells: pd.DataFrame) -> Iterator[tuple[int, Curve]]:
    for overlaps, seed in zip(cells["overlap_curve"], cells["seed"], strict=True):
        values_P = np.asarray(overlaps, dtype=np.float64)
        yield int(seed), Curve(fprs=np.linspace(0, MAX_PRO_FPR, len(values_P)), values=values_P)
