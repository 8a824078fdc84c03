from harness.leaderboard.plots.ablation import ablation_plots
from harness.leaderboard.plots.catalog import all_plots

__all__ = ["ablation_plots", "all_plots"]
