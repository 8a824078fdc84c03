"""A metric against the number of good images that a method was fitted on, mean and spread over the draws."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from harness.leaderboard.standings import Expected
from harness.metrics.catalogue import metric_title
from harness.regimes import ONE_CLASS, shots_of
from harness.report.figures.plot_sheet import OVERLAP, SCORE, Sheet, gaps, lack_notes
from harness.report.figures.plot_types import AblationPlot, FactorLine, FactorPanel, FactorPoint, LeftOut

_ALL = "all"
_FACTOR = "good images a category"


def shots_plots(frame: pd.DataFrame, *, expected: Expected) -> Iterator[AblationPlot | LeftOut]:
    """One plot a metric, with a panel for each data set and a line for each row; all images come last.

    Args:
        frame: Records of few-shot regimes and, where there are any, of one-class; of each data set one split and one
            protocol, and of each method the same settings in all of them.
        expected: Data set to the categories that its mean needs, with or without records.

    Raises:
        StoreError: The records of a regime must not stand in one table.
    """
    finished = frame[frame["status"] == "ok"]
    regimes = sorted(finished["regime"].unique(), key=lambda regime: (shots_of(regime) is None, shots_of(regime)))
    sheets = {
        # The panel says how many images; a caption that names one regime would be wrong.
        str(shots_of(regime) or _ALL): Sheet.of(
            frame[frame["regime"] == regime].assign(regime=ONE_CLASS), (SCORE, OVERLAP), expected=expected
        )
        for regime in regimes
    }
    for metric in (SCORE, OVERLAP):
        yield _plot(sheets, metric)


def _plot(sheets: dict[str, Sheet], metric: str) -> AblationPlot | LeftOut:
    name = f"shots_{metric}"
    title = f"{metric_title(metric)} against the number of good images, mean over the categories of each data set"
    rows = sorted({row for sheet in sheets.values() for row in sheet.rows})
    panels: list[FactorPanel] = []
    notes: list[str] = []
    seeds: dict[str, dict[str, tuple[int, ...]]] = {}
    for dataset in sorted({one.dataset for sheet in sheets.values() for one in sheet.standings}):
        points: dict[str, list[FactorPoint | None]] = {row: [] for row in rows}
        for number, sheet in sheets.items():
            one = next((each for each in sheet.standings if each.dataset == dataset), None)
            for row in rows:
                entry = None if one is None else one.mean(row, metric)
                if entry is None or entry.mean is None:
                    points[row].append(None)
                    continue
                points[row].append(FactorPoint(mean=entry.mean, std=entry.std, is_reference=False))
                known = seeds.setdefault(dataset, {}).get(row, ())
                seeds[dataset][row] = tuple(sorted({*known, *one.seeds_of(row)})) if one is not None else known
            if one is not None:
                lacks = lack_notes(gaps(one, [row for row in rows if row in one.rows], metric), rows)
                notes += [f"{number} images, {note}" for note in lacks]
        lines = tuple(FactorLine(label=row, points=tuple(found)) for row, found in points.items() if any(found))
        if lines:
            panels.append(FactorPanel(title=dataset, factor=_FACTOR, values=tuple(sheets), lines=lines, controls={}))
    if not panels:
        return LeftOut(name=name, reason="; ".join(notes) or f"no {metric_title(metric)} in these records")
    first = next(iter(sheets.values()))
    heading = replace(first.heading(name, title, [], notes), seeds=seeds)
    return AblationPlot(heading=heading, metric=metric_title(metric), panels=tuple(panels))
