"""What a difference between numbers is worth: intervals and tests, as pure arithmetic."""

from harness.stats.bootstrap import CONFIDENCE, NUM_RESAMPLES, percentile_interval, resampled_metrics
from harness.stats.difference import Difference, bootstrap_difference, seed_difference
from harness.stats.image_pool import ImagePool
from harness.stats.pairs import PairTest, wilcoxon_test
from harness.stats.ranks import RankComparison, compare_ranks

__all__ = [
    "CONFIDENCE",
    "NUM_RESAMPLES",
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
