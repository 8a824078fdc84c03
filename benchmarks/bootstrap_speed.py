"""Resampled image metrics, timed against scikit-learn called once a resample.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bootstrap_speed.py [number of resamples]``.
"""

import sys
import time

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from harness.stats import NUM_RESAMPLES, ImagePool, resampled_metrics
from harness.stats.bootstrap import stratified_counts

NUM_IMAGES, IMAGES_PER_UNIT, NUM_SEEDS, NUM_SLOW = 600, 4, 3, 50


IMAGE_METRICS = ("image_auroc", "image_average_precision", "image_f1_max")


def main() -> None:
    num_resamples = max(NUM_SLOW, int(sys.argv[1])) if len(sys.argv) > 1 else NUM_RESAMPLES
    is_defect_I = np.arange(NUM_IMAGES) < NUM_IMAGES // 3
    scores_CI = np.random.default_rng(0).normal(size=(NUM_SEEDS, NUM_IMAGES)) + is_defect_I
    unit_I = np.arange(NUM_IMAGES) // IMAGES_PER_UNIT
    pool = ImagePool(is_defect_I=is_defect_I, scores_CI=scores_CI, unit_I=unit_I)
    print(f"{num_resamples} resamples of {NUM_IMAGES} images in {unit_I[-1] + 1} units, {NUM_SEEDS} seeds")
    started = time.perf_counter()
    values = resampled_metrics(pool, np.random.default_rng(0), metrics=IMAGE_METRICS, num_resamples=num_resamples)
    our_seconds = time.perf_counter() - started
    print(f"sorted once, three metrics: {our_seconds:.2f} s")
    started = time.perf_counter()
    theirs = [
        [
            function(is_defect_I, scores_I, sample_weight=counts_I)
            for function in (roc_auc_score, average_precision_score)
        ]
        for counts_I in stratified_counts(pool, np.random.default_rng(0), NUM_SLOW)
        for scores_I in scores_CI
    ]
    their_seconds = (time.perf_counter() - started) * num_resamples / NUM_SLOW
    ours = np.stack(
        [values[metric][:NUM_SLOW].ravel() for metric in ("image_auroc", "image_average_precision")], axis=1
    )
    print(f"scikit-learn, AUROC and AP only, from {NUM_SLOW} resamples: {their_seconds:.0f} s")
    print(f"largest difference {np.abs(ours - theirs).max():.0e}, ratio {their_seconds / our_seconds:.0f}")


if __name__ == "__main__":
    main()
