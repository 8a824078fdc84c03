"""Plots of a search as data: history, slices, importances, Pareto front. ``report.figures`` draws them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from harness.phrasing import counted
from harness.report.figures.plot_types import (
    Heading,
    ImportancePlot,
    Plot,
    PlotSet,
    TrialAxis,
    TrialPanel,
    TrialPlot,
    TrialPoint,
)
from harness.search.search_outcome import Outcome
from harness.search.trials import TrialRecord
from harness.spaces import Goal, Parameter, SearchSpace

_WORDS = ("categorical", "subset")


def study_plots(
    outcome: Outcome,
    space: SearchSpace,
    importances: Sequence[Mapping[str, float]],
    name: str,
    protocol: str,
    split: str,
    seeds: Mapping[str, tuple[int, ...]],
) -> PlotSet:
    """Plots of the complete trials; none where there are fewer than two.

    Args:
        outcome: Outcome of the search.
        space: Its parameters.
        importances: For each objective, parameter to importance; empty where unknown.
        name: Name of the search, for headings.
        protocol: ``Protocol.key()``.
        split: Name of the split, as records have it.
        seeds: Data set to the seed of the trials.
    """
    records = [record for record in outcome.records if record.state == "complete"]
    if len(records) < 2:
        return PlotSet(labels=(), plots=())
    others = {state: count for state, count in outcome.counts.items() if state != "complete"}
    notes = tuple(counted(count, f"{state} trial") for state, count in sorted(others.items()))

    def heading(file: str, title: str) -> Heading:
        return Heading(
            name=file,
            title=f"Search {name}: {title}",
            protocol=protocol,
            split=split,
            seeds={dataset: {name: found} for dataset, found in seeds.items()},
            notes=notes,
        )

    def plots() -> Iterator[Plot]:
        for number, goal in enumerate(outcome.goals):
            suffix = "" if len(outcome.goals) == 1 else f"_{number + 1}"
            trial = TrialAxis(title="trial", is_whole=True)
            history = _panel(outcome, number, trial, records, [record.number for record in records])
            history = replace(history, steps=_best_so_far(history, goal))
            yield TrialPlot(
                heading=heading(f"history{suffix}", "objective of each trial"), panels=(history,), line="best so far"
            )
            slices = tuple(_slice(outcome, number, setting, found, records) for setting, found in space.space.items())
            shown = tuple(panel for panel in slices if panel.points)
            yield TrialPlot(heading=heading(f"slice{suffix}", "objective against each parameter"), panels=shown)
            if importances[number]:
                title = f"importance of the parameters for {goal.name}"
                yield ImportancePlot(heading=heading(f"importance{suffix}", title), shares=importances[number])
        if len(outcome.goals) == 2:
            yield TrialPlot(
                heading=heading("pareto", "both objectives"), panels=(_front(outcome, records),), line="Pareto front"
            )

    return PlotSet(labels=(), plots=tuple(plots()))


def _slice(
    outcome: Outcome, number: int, name: str, parameter: Parameter, records: Sequence[TrialRecord]
) -> TrialPanel:
    having = [record for record in records if name in record.settings]
    if parameter.kind in _WORDS:
        words = [_word(value) for value in _all_values(parameter)]
        places = [float(words.index(_word(record.settings[name]))) for record in having]
        return _panel(outcome, number, TrialAxis(title=name, choices=tuple(words)), having, places)
    axis = TrialAxis(title=name, is_log=getattr(parameter, "log", False), is_whole=parameter.kind == "int")
    return _panel(outcome, number, axis, having, [float(record.settings[name]) for record in having])


def _panel(
    outcome: Outcome, number: int, x: TrialAxis, records: Sequence[TrialRecord], places: Sequence[float]
) -> TrialPanel:
    points = tuple(
        TrialPoint(
            x=place, y=_value(record, number), is_winner=record is outcome.best, is_default=record is outcome.default
        )
        for place, record in zip(places, records, strict=True)
    )
    return TrialPanel(x=x, y=_axis(outcome.goals[number]), points=points)


def _front(outcome: Outcome, records: Sequence[TrialRecord]) -> TrialPanel:
    panel = _panel(outcome, 0, _axis(outcome.goals[1]), records, [_value(record, 1) for record in records])
    steps = sorted((_value(record, 1), _value(record, 0)) for record in outcome.front)
    return replace(panel, steps=tuple(steps))


def _best_so_far(panel: TrialPanel, goal: Goal) -> tuple[tuple[float, float], ...]:
    best = list(accumulate((point.y for point in panel.points), max if goal.direction == "maximize" else min))
    corners = [(panel.points[0].x, best[0])]
    for point, before, after in zip(panel.points[1:], best, best[1:], strict=False):
        corners += [(point.x, before), (point.x, after)]
    return tuple(corners)


def _axis(goal: Goal) -> TrialAxis:
    return TrialAxis(title=goal.name, is_fraction=not goal.is_cost)


def _value(record: TrialRecord, number: int) -> float:
    assert record.values is not None, "a complete trial has values"
    return record.values[number]


def _all_values(parameter: Any) -> Sequence[Any]:
    return list(parameter.subsets.values()) if parameter.kind == "subset" else list(parameter.choices)


def _word(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
