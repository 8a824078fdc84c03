from harness.leaderboard.comparison import Comparison, ComparisonLine, compare
from harness.leaderboard.intervals import Intervals, intervals_of
from harness.leaderboard.layout import HEADLINE_METRICS, all_tables, category_table, main_table
from harness.leaderboard.pairing import Side
from harness.leaderboard.selection import select

__all__ = [
    "HEADLINE_METRICS",
    "Comparison",
    "ComparisonLine",
    "Intervals",
    "Side",
    "all_tables",
    "category_table",
    "compare",
    "intervals_of",
    "main_table",
    "select",
]
