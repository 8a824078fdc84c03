"""A metric against the values of settings: one factor at a time around a reference, or crossed."""

import json
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from harness.leaderboard.ablation_study import AblationStudy
from harness.leaderboard.standings import Expected, Standings
from harness.metrics.catalogue import metric_title
from harness.report.figures.plot_sheet import Sheet, gaps, lack_notes
from harness.report.figures.plot_types import AblationPlot, FactorLine, FactorPanel, FactorPoint, LeftOut, PlotSet


def ablation_plots(frame: pd.DataFrame, study: AblationStudy, *, metrics: Sequence[str], expected: Expected) -> PlotSet:
    """One plot a metric, with a panel for each factor and data set.

    One factor at a time, the factor's values run along each panel, the reference's own among them. Crossed,
    the first factor's values do, and there is a line for each combination of the others.

    Args:
        frame: Records of the study's cells; those of other settings are not shown.
        study: What was varied.
        metrics: Names of metrics.
        expected: Data set to the categories that its mean needs, with or without records.

    Raises:
        UnknownNameError: A metric is unknown.
        StoreError: No cell is finished, or the records must not stand in one table.
    """
    sheet = Sheet.of(frame, metrics, expected=expected)
    made = [_plot(sheet, study, metric) for metric in metrics]
    panels = [panel for one in made if isinstance(one, AblationPlot) for panel in one.panels]
    return PlotSet.of([*(line.label for panel in panels for line in panel.lines), *study.controls], made)


def _plot(sheet: Sheet, study: AblationStudy, metric: str) -> AblationPlot | LeftOut:
    name = f"ablation_{study.method.replace(':', '.')}_{metric}"
    of_method = sheet.frame[sheet.frame["method"] == study.method]
    row_of = dict(zip(of_method["settings"], of_method["row"], strict=True))
    others = sheet.frame[sheet.frame["method"].isin(list(study.controls))]
    controls = dict(zip(others["row"], others["method"], strict=True))
    shown = [row_of[text] for change in study.changes() if (text := study.settings_json(change)) in row_of]
    lacks = [lack for one in sheet.standings for lack in gaps(one, [*shown, *controls], metric)]
    panels = [
        panel
        for one in sheet.standings
        for panel in _panels(one, study, metric, row_of, controls)
        if any(point is not None for line in panel.lines for point in line.points)
    ]
    notes = lack_notes(lacks, [*shown, *controls])
    if not panels:
        return LeftOut(name=name, reason="; ".join(notes) or f"no {metric_title(metric)} in these records")
    drawn = [(one.dataset, row) for one in sheet.standings for row in (*shown, *controls) if row in one.rows]
    title = f"{metric_title(metric)} of {study.method}, mean over the categories of each data set"
    return AblationPlot(
        heading=sheet.heading(name, title, drawn, notes), metric=metric_title(metric), panels=tuple(panels)
    )


def _panels(
    one: Standings, study: AblationStudy, metric: str, row_of: Mapping[str, str], controls: Mapping[str, str]
) -> list[FactorPanel]:
    means = {method: one.mean(row, metric).mean for row, method in controls.items()}

    def point(change: Mapping[str, Any]) -> FactorPoint | None:
        settings = study.settings_json(change)
        entry = one.mean(row_of.get(settings, ""), metric)
        if entry.mean is None:
            return None
        return FactorPoint(mean=entry.mean, std=entry.std, is_reference=settings == study.settings_json({}))

    def panel(factor: str, others: Sequence[Mapping[str, Any]]) -> FactorPanel:
        values = study.values_with_base(factor)
        return FactorPanel(
            title=one.dataset,
            factor=factor,
            values=tuple(map(_text, values)),
            lines=tuple(
                FactorLine(
                    label=", ".join(f"{name}={_text(value)}" for name, value in other.items()) or study.method,
                    points=tuple(point({**other, factor: value}) for value in values),
                )
                for other in others
            ),
            controls={method: mean for method, mean in means.items() if mean is not None},
        )

    if not study.is_crossed:
        return [panel(factor, [{}]) for factor in study.factors]
    first, *rest = study.factors
    combinations = product(*(study.values_with_base(name) for name in rest))
    return [panel(first, [dict(zip(rest, values, strict=True)) for values in combinations])]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)
