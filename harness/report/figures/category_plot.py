"""Image AUROC of each row in each category, with intervals over the test images."""

from harness.leaderboard.standings import Standings
from harness.report.figures.plot_sheet import SCORE, Sheet, gaps, lack_notes
from harness.report.figures.plot_types import CategoryPlot, LeftOut


def category_plot(sheet: Sheet, one: Standings) -> CategoryPlot | LeftOut:
    """All rows and categories of a data set; what the tables withhold is not drawn."""
    name = f"categories_{one.dataset}"
    labels = sheet.best_first([one])
    means = {row: sheet.mean(one, row, SCORE) for row in labels}
    categories = {
        category: {
            row: entry for row in labels if (entry := sheet.category(one, category, row, SCORE)).mean is not None
        }
        for category in one.categories
    }
    notes = lack_notes(gaps(one, labels, SCORE), labels)
    if not any(categories.values()):
        return LeftOut(name=name, reason="; ".join(notes))
    for row in labels:
        bare = [category for category, of_rows in categories.items() if row in of_rows and of_rows[row].low is None]
        if bare:
            notes.append(f"{row} in {', '.join(bare)}: no interval, too few test images")
    drawn = [(one.dataset, row) for row in labels if any(row in of_rows for of_rows in categories.values())]
    return CategoryPlot(
        heading=sheet.heading(name, f"{one.dataset}: image AUROC", drawn, notes),
        resampling=sheet.intervals.remark([one.dataset]),
        labels=tuple(labels),
        means={row: entry for row, entry in means.items() if entry.mean is not None},
        categories=categories,
    )
