"""Image AUROC of each row in each category, with intervals over the test images."""

from harness.leaderboard.intervals import MEAN, Intervals
from harness.leaderboard.standings import Standings
from harness.leaderboard.tables import Entry
from harness.report.figures.plot_sheet import SCORE, Sheet, gaps, lack_notes
from harness.report.figures.plot_types import CategoryPlot, Estimate, LeftOut


def category_plot(sheet: Sheet, one: Standings, intervals: Intervals) -> CategoryPlot | LeftOut:
    """All rows and categories of a data set; what the tables withhold is not drawn."""
    name = f"categories_{one.dataset}"
    labels = sheet.best_first(one)

    def estimate(category: str, row: str, entry: Entry) -> dict[str, Estimate]:
        if entry.mean is None:
            return {}
        low, high = intervals.ends.get((one.dataset, category, row, SCORE), (None, None))
        return {row: Estimate(mean=entry.mean, low=low, high=high)}

    means: dict[str, Estimate] = {}
    categories: dict[str, dict[str, Estimate]] = {category: {} for category in one.categories}
    for row in labels:
        means |= estimate(MEAN, row, one.mean(row, SCORE))
        for category, of_rows in categories.items():
            of_rows |= estimate(category, row, one.category(category, row, SCORE))
    withheld = lack_notes(gaps(one, labels, SCORE), labels)
    if not any(categories.values()):
        return LeftOut(name=name, reason="; ".join(withheld))
    bare = [
        f"{row} in {', '.join(names)}: no interval, too few test images"
        for row in labels
        if (names := [name for name, of_rows in categories.items() if row in of_rows and of_rows[row].low is None])
    ]
    drawn = [(one.dataset, row) for row in labels if any(row in of_rows for of_rows in categories.values())]
    return CategoryPlot(
        heading=sheet.heading(name, f"{one.dataset}: image AUROC", drawn, withheld + bare),
        resampling=intervals.remark([one.dataset]),
        labels=labels,
        means=means,
        categories=categories,
    )
