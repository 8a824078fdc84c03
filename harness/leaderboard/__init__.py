from harness.leaderboard.board import HEADLINE_METRICS, Expected
from harness.leaderboard.comparison import Comparison, ComparisonLine, compare
from harness.leaderboard.costs import cost_table
from harness.leaderboard.intervals import Intervals, intervals_of
from harness.leaderboard.layout import ablation_table, all_tables, category_table, main_table, metric_tables
from harness.leaderboard.pairing import Side
from harness.leaderboard.selection import select

__all__ = [
    "HEADLINE_METRICS",
    "Comparison",
    "ComparisonLine",
    "Expected",
    "Intervals",
    "Side",
    "ablation_table",
    "all_tables",
    "category_table",
    "compare",
    "cost_table",
    "intervals_of",
    "main_table",
    "metric_tables",
    "select",
]
