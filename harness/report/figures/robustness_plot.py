"""A metric against the severity of a corruption, or the share of defects in training: one panel each."""

from collections.abc import Iterator

from harness.leaderboard.robustness import UNDISTURBED, Disturbance, Robustness
from harness.leaderboard.standings import Standings
from harness.metrics.catalogue import find_metric, metric_title
from harness.report.figures.plot_sheet import Sheet, gaps, lack_notes
from harness.report.figures.plot_types import AblationPlot, FactorLine, FactorPanel, FactorPoint, LeftOut, PlotSet


def robustness_plots(found: Robustness) -> PlotSet:
    """One plot a metric, with a panel for each corruption and the contamination, and a line for each method.

    A point is the undisturbed mean less the mean loss: where both test the same images that is the disturbed mean, and
    a contaminated cell tests fewer. Whiskers are of the loss. Cells with both disturbances, and what a contamination
    does to pixel metrics, are in the table alone.
    """
    board = found.board
    sheet = Sheet(frame=board.frame, standings=board.standings, metrics=board.metrics, intervals=board.intervals)
    return PlotSet.of(
        dict.fromkeys(row for row, _ in found.rows), [_plot(sheet, found, name) for name in board.metrics]
    )


def _plot(sheet: Sheet, found: Robustness, metric: str) -> AblationPlot | LeftOut:
    name, labels = f"robustness_{metric}", list(found.rows.values())
    notes = lack_notes([lack for one in sheet.standings for lack in gaps(one, labels, metric)], labels)
    panels = [
        panel
        for one in sheet.standings
        for panel in _panels(one, found, metric)
        if any(point is not None and not point.is_reference for line in panel.lines for point in line.points)
    ]
    if not panels:
        return LeftOut(name=name, reason="; ".join(notes) or f"no {metric_title(metric)} in these records")
    drawn = [(one.dataset, row) for one in sheet.standings for row in labels if row in one.rows]
    title = f"{metric_title(metric)} less what disturbances cost, mean over the categories of each data set"
    return AblationPlot(
        heading=sheet.heading(name, title, drawn, notes), metric=metric_title(metric), panels=tuple(panels)
    )


def _panels(one: Standings, found: Robustness, metric: str) -> Iterator[FactorPanel]:
    alone = {each for _, each in found.rows if each.corrupt is None or each.contaminate is None} - {UNDISTURBED}
    of_name: dict[str, list[Disturbance]] = {}
    for each in sorted(alone, key=lambda each: (each.corrupt or "", each.contaminate or 0.0)):
        of_name.setdefault((each.corrupt or "").partition(":")[0], []).append(each)
    for name, disturbances in of_name.items():
        shown = [UNDISTURBED, *disturbances]
        yield FactorPanel(
            title=one.dataset,
            factor=f"severity of {name}" if name else "defects in training (%)",
            values=tuple(
                (each.corrupt or ":0").partition(":")[2] if name else f"{100 * (each.contaminate or 0.0):g}"
                for each in shown
            ),
            lines=tuple(
                FactorLine(label=row, points=tuple(_point(one, found, row, each, metric) for each in shown))
                for row in dict.fromkeys(row for row, _ in found.rows)
            ),
            controls={},
        )


def _point(one: Standings, found: Robustness, row: str, disturbance: Disturbance, metric: str) -> FactorPoint | None:
    undisturbed = one.mean(found.rows.get((row, UNDISTURBED), ""), metric)
    lost = found.loss(one, row, disturbance, metric)
    if undisturbed.mean is None or lost.mean is None:
        return None
    sign = 1 if find_metric(metric).higher_is_better else -1
    return FactorPoint(mean=undisturbed.mean - sign * lost.mean, std=lost.std, is_reference=disturbance == UNDISTURBED)
