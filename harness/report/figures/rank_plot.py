"""Mean ranks of the rows over the categories of all data sets.

Shapes: C categories, M methods (rows).
"""

import numpy as np

from harness.phrasing import counted
from harness.report.figures.plot_sheet import SCORE, Sheet, gaps, lack_notes
from harness.report.figures.plot_types import LeftOut, RankPlot
from harness.stats import compare_ranks

NAME = "critical_difference"


def rank_plot(sheet: Sheet) -> RankPlot | LeftOut:
    """Rank the rows that have a number in every category of every data set."""
    places = [(one, category) for one in sheet.standings for category in one.categories]
    lacks = []
    values: dict[str, list[float]] = {}
    for row in sheet.rows:
        found = [one.category(category, row, SCORE).mean if row in one.rows else None for one, category in places]
        numbers = [value for value in found if value is not None]
        if len(numbers) == len(places):
            values[row] = numbers
        else:
            lacks += [lack for one in sheet.standings for lack in gaps(one, [row], SCORE)]
    notes = lack_notes(lacks, sheet.rows)
    if len(values) < 2:
        few = f"{counted(len(values), 'row')} with a number in every category, fewer than 2"
        return LeftOut(name=NAME, reason="; ".join([few, *notes]))
    labels = list(values)
    ranks = compare_ranks(np.array([values[row] for row in labels]).T)
    if ranks.critical_difference is None:
        return LeftOut(name=NAME, reason=ranks.nemenyi_reason)
    mean_ranks = dict(zip(labels, ranks.mean_ranks, strict=True))
    drawn = [(one.dataset, row) for one in sheet.standings for row in labels]
    return RankPlot(
        heading=sheet.heading(NAME, f"Mean rank by image AUROC over {len(places)} categories", drawn, notes),
        mean_ranks=dict(sorted(mean_ranks.items(), key=lambda item: (item[1], item[0]))),
        critical_difference=ranks.critical_difference,
        cliques=tuple(tuple(labels[number] for number in clique) for clique in ranks.cliques),
        friedman_p_value=ranks.friedman_p_value,
    )
