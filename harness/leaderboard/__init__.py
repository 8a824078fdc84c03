from harness.leaderboard.board import HEADLINE_METRICS, Board
from harness.leaderboard.comparison import Comparison, ComparisonLine, compare
from harness.leaderboard.cost_table import cost_table
from harness.leaderboard.intervals import Groups, Intervals, intervals_of
from harness.leaderboard.pairing import Side
from harness.leaderboard.record_selection import newest, select
from harness.leaderboard.standings import Expected
from harness.leaderboard.table_layout import ablation_table, all_tables, category_table, main_table, metric_tables

__all__ = [
    "HEADLINE_METRICS",
    "Board",
    "Comparison",
    "ComparisonLine",
    "Expected",
    "Groups",
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
    "newest",
    "select",
]
