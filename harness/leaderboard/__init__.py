from harness.leaderboard.board import HEADLINE_METRICS, Expected, Intervals
from harness.leaderboard.costs import cost_table
from harness.leaderboard.layout import ablation_table, all_tables, category_table, main_table
from harness.leaderboard.selection import select

__all__ = [
    "HEADLINE_METRICS",
    "Expected",
    "Intervals",
    "ablation_table",
    "all_tables",
    "category_table",
    "cost_table",
    "main_table",
    "select",
]
