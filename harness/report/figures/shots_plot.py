"""A metric against the number of good images that a method was fitted on, mean and spread over the draws."""

from collections.abc import Iterator, Mapping, Sequence
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


def _plot(sheets: Mapping[str, Sheet], metric: str) -> AblationPlot | LeftOut:
    name = f"shots_{metric}"
    title = f"{metric_title(metric)} against the number of good images, mean over the categories of each data set"
    rows = sorted({row for sheet in sheets.values() for row in sheet.rows})
    datasets = sorted({one.dataset for sheet in sheets.values() for one in sheet.standings})
    panels = [panel for dataset in datasets if (panel := _panel(sheets, dataset, rows, metric)).lines]
    notes = [
        f"{number} images, {note}"
        for number, sheet in sheets.items()
        for one in sheet.standings
        for note in lack_notes(gaps(one, one.rows, metric), rows)
    ]
    if not panels:
        return LeftOut(name=name, reason="; ".join(notes) or f"no {metric_title(metric)} in these records")
    seeds = {
        panel.title: {line.label: _seeds(sheets, panel.title, line.label) for line in panel.lines} for panel in panels
    }
    heading = next(iter(sheets.values())).heading(name, title, [], notes)
    return AblationPlot(heading=replace(heading, seeds=seeds), metric=metric_title(metric), panels=tuple(panels))


def _panel(sheets: Mapping[str, Sheet], dataset: str, rows: Sequence[str], metric: str) -> FactorPanel:
    lines = [
        FactorLine(label=row, points=tuple(_point(sheet, dataset, row, metric) for sheet in sheets.values()))
        for row in rows
    ]
    return FactorPanel(
        title=dataset,
        factor=_FACTOR,
        values=tuple(sheets),
        lines=tuple(line for line in lines if any(line.points)),
        controls={},
    )


def _point(sheet: Sheet, dataset: str, row: str, metric: str) -> FactorPoint | None:
    for one in sheet.standings:
        if one.dataset == dataset and (entry := one.mean(row, metric)).mean is not None:
            return FactorPoint(mean=entry.mean, std=entry.std, is_reference=False)
    return None


def _seeds(sheets: Mapping[str, Sheet], dataset: str, row: str) -> tuple[int, ...]:
    return tuple(sorted({int(seed) for sheet in sheets.values() for seed in sheet.finished(dataset, row)["seed"]}))
