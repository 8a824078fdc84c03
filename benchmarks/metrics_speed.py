"""Exact pixel metrics from a tally, timed against scikit-learn's sort of every pixel.

Run: ``OMP_NUM_THREADS=1 python benchmarks/metrics_speed.py [number of maps]``.
"""

import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from sklearn.metrics import average_precision_score, roc_auc_score

from harness.metrics import pixel_metrics

SIDE_PX = 192


def category(num_maps: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    rng = np.random.default_rng(0)
    shape = (num_maps, SIDE_PX, SIDE_PX)
    blobs_BHW = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), (0, 6, 6))
    masks_BHW = blobs_BHW > np.quantile(blobs_BHW[:20], 0.9)
    maps_BHW = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), (0, 2, 2)) + 0.1 * masks_BHW
    return maps_BHW.astype(np.float32), masks_BHW


def main() -> None:
    maps_BHW, masks_BHW = category(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
    print(f"{maps_BHW.size / 1e6:.1f} M pixels, {masks_BHW.sum() / 1e6:.2f} M defect pixels")
    started = time.perf_counter()
    metrics = pixel_metrics(maps_BHW, masks_BHW)
    tally_seconds = time.perf_counter() - started
    print(f"tally, five metrics: {tally_seconds:.2f} s  {metrics}")
    started = time.perf_counter()
    auroc = roc_auc_score(masks_BHW.ravel(), maps_BHW.ravel())
    average_precision = average_precision_score(masks_BHW.ravel(), maps_BHW.ravel())
    sklearn_seconds = time.perf_counter() - started
    print(f"scikit-learn, AUROC and AP only: {sklearn_seconds:.2f} s  {auroc:.6f} {average_precision:.6f}")
    print(f"ratio {sklearn_seconds / tally_seconds:.1f}")


if __name__ == "__main__":
    main()
