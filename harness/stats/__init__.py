"""How certain a difference between results is: intervals and tests. Pure arithmetic."""

from harness.stats.bootstrap import CONFIDENCE, NUM_RESAMPLES, percentile_interval, resampled_metrics
from harness.stats.difference import MIN_SEEDS, ROUNDING, Difference, bootstrap_difference, seed_difference
from harness.stats.image_pool import ImagePool
from harness.stats.pairs import PairTest, wilcoxon_test
from harness.stats.ranks import RankComparison, compare_ranks

__all__ = [
    "CONFIDENCE",
    "MIN_SEEDS",
    "NUM_RESAMPLES",
    "ROUNDING",
    "Difference",
    "ImagePool",
    "PairTest",
    "RankComparison",
    "bootstrap_difference",
    "compare_ranks",
    "percentile_interval",
    "resampled_metrics",
    "seed_difference",
    "wilcoxon_test",
]
