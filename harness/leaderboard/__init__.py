from harness.leaderboard.layout import HEADLINE_METRICS, all_tables, category_table, main_table
from harness.leaderboard.selection import select

__all__ = ["HEADLINE_METRICS", "all_tables", "category_table", "main_table", "select"]
