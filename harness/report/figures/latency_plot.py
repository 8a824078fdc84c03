"""Accuracy against the time of one image, on the one machine that measured most of the rows."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from harness.leaderboard.cost_table import is_quiet, machines_of
from harness.report.figures.plot_sheet import SCORE, Lack, Sheet, gaps, lack_notes
from harness.report.figures.plot_types import LatencyPanel, LatencyPlot, LatencyPoint, LeftOut

NAME = "accuracy_latency"
LATENCY = "latency_p50_seconds"

_Place = tuple[str, str]
"""Data set and row."""


def latency_plot(sheet: Sheet) -> LatencyPlot | LeftOut:
    """One panel a data set and, where there are several, their mean.

    Times of several machines do not compare, so only one machine is shown: the one with the most rows, and of two
    with equally many the one that finished a cell last. Without a quiet machine there is no Pareto front.
    """
    measured: dict[_Place, tuple[float, float]] = {}
    lacks: list[Lack] = []
    for one, times in zip(sheet.standings, sheet.measured([LATENCY]), strict=True):
        for row in sheet.rows:
            score, seconds = one.mean(row, SCORE).mean, times.median(row, LATENCY).mean
            if score is not None and seconds is not None:
                measured[one.dataset, row] = seconds, score
            else:
                lacks += gaps(one, [row], SCORE) or [Lack(row, one.dataset, "records without latency")]
    machines = {place: machines_of(sheet.finished(*place)) for place in measured}
    chosen = _most_used(sheet, machines)
    for (dataset, row), found in machines.items():
        if found != [chosen]:
            lacks.append(Lack(row, dataset, f"measured on {' and '.join(found)}"))
    notes = lack_notes(lacks, sheet.rows)
    if chosen is None:
        return LeftOut(name=NAME, reason="; ".join(notes))
    kept = {place: point for place, point in measured.items() if machines[place] == [chosen]}
    quiet = all(is_quiet(sheet.finished(*place)) for place in kept)
    return LatencyPlot(
        heading=sheet.heading(NAME, "Image AUROC against latency of one image", kept, notes),
        machine=chosen,
        panels=_panels(kept, quiet),
        is_quiet=quiet,
    )


def _most_used(sheet: Sheet, machines: Mapping[_Place, list[str]]) -> str | None:
    places: dict[str, list[_Place]] = defaultdict(list)
    for place, found in machines.items():
        if len(found) == 1:
            places[found[0]].append(place)

    def order(machine: str) -> tuple[int, str, str]:
        last = max(sheet.finished(*place)["finished_at"].max() for place in places[machine])
        return len(places[machine]), last, machine

    return max(places, key=order, default=None)


def _panels(points: Mapping[_Place, tuple[float, float]], quiet: bool) -> tuple[LatencyPanel, ...]:
    of_datasets: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for (dataset, row), point in points.items():
        of_datasets[dataset][row] = point
    panels = [_panel(dataset, of_rows, quiet) for dataset, of_rows in of_datasets.items()]
    if len(panels) > 1:
        common = set.intersection(*(set(of_rows) for of_rows in of_datasets.values()))
        means = {row: _mean([of_rows[row] for of_rows in of_datasets.values()]) for row in sorted(common)}
        if means:
            panels.append(_panel(f"mean of {len(of_datasets)} data sets", means, quiet))
    return tuple(panels)


def _mean(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    seconds, scores = zip(*points, strict=True)
    return math.fsum(seconds) / len(points), math.fsum(scores) / len(points)


def _panel(title: str, points: Mapping[str, tuple[float, float]], quiet: bool) -> LatencyPanel:
    def is_beaten(point: tuple[float, float]) -> bool:
        seconds, score = point
        return any(other != point and other[0] <= seconds and other[1] >= score for other in points.values())

    ordered = sorted(points.items(), key=lambda item: (item[1][0], -item[1][1], item[0]))
    return LatencyPanel(
        title=title,
        points=tuple(
            LatencyPoint(
                label=row,
                latency_seconds=point[0],
                image_auroc=point[1],
                is_on_front=quiet and not is_beaten(point),
            )
            for row, point in ordered
        ),
    )
