from harness.leaderboard.plots.catalog import all_plots

__all__ = ["all_plots"]
