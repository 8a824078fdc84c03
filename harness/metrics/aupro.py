"""Area under the per-region-overlap curve.

Definition: Bergmann et al., "The MVTec Anomaly Detection Dataset" (IJCV 2021), section 4, and the
evaluation code published with the data set.

Shapes: B images, H height, W width, K distinct defect scores (ascending), V vertices of the curve,
F false positive rates.
"""

import numpy as np
from numpy.typing import NDArray

from harness.metrics.checks import check_max_fpr
from harness.metrics.overlap import PixelTally, tally_arrays
from harness.metrics.tally import Scores


def aupro(maps_BHW: Scores, masks_BHW: NDArray[np.bool_], *, max_fpr: float = 0.3) -> float:
    """Area under the per-region-overlap curve up to ``max_fpr``, scaled to [0, 1].

    Each connected defect counts once whatever its size, so a missed scratch costs as much as a
    missed stain; pixel AUROC would hide the scratch. Exact: every distinct score is a threshold.

    Args:
        maps_BHW: Anomaly maps, float32 or float64, higher is more anomalous. Only their order matters.
        masks_BHW: True on defect pixels; same shape. Images without a defect count as negatives.
        max_fpr: Right end of the integral, a fraction in (0, 1]. The literature uses 0.3.

    Returns:
        A fraction; a perfect map gives 1.0.

    Raises:
        ValueError: ``max_fpr`` is out of range, shapes differ or are not 3-D, a dtype is wrong, nothing
            was given, a score is NaN or infinite, or no pixel or every pixel is a defect.

    >>> masks_BHW = np.array([[[True, False, False, False, False]]])
    >>> aupro(np.array([[[0.9, 0.1, 0.2, 0.1, 0.3]]]), masks_BHW), aupro(np.ones((1, 1, 5)), masks_BHW)
    (1.0, 0.15)
    """
    check_max_fpr(max_fpr)
    return area_under_overlap(tally_arrays(maps_BHW, masks_BHW), max_fpr)


def area_under_overlap(tally: PixelTally, max_fpr: float) -> float:
    """Integrate the curve of a tally from (0, 0) to ``max_fpr`` and divide by ``max_fpr``.

    The overlap rises only at defect scores: along a straight line if normal pixels have the same score, and
    vertically if none has. Between defect scores the curve is level; at the limit it is interpolated linearly.

    >>> tally = tally_arrays(np.array([[[0.9, 0.1]]]), np.array([[[True, False]]]))
    >>> area_under_overlap(tally, 0.3)
    1.0
    """
    alarms_V, overlap_V = _curve(tally)
    limit = max_fpr * tally.num_normals
    end = int(np.searchsorted(alarms_V, limit, side="right"))
    overlap_at_limit = np.interp(limit, alarms_V[end - 1 : end + 1], overlap_V[end - 1 : end + 1])
    alarms_V = np.append(alarms_V[:end], limit)
    overlap_V = np.append(overlap_V[:end], overlap_at_limit)
    area = np.sum(np.diff(alarms_V) * (overlap_V[1:] + overlap_V[:-1])) / 2
    return float(area / limit)


def overlap_at(tally: PixelTally, fprs_F: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean overlap of the regions at some false positive rates in [0, 1], linear between the curve's vertices.

    Where the curve is vertical, its upper end counts.

    >>> tally = tally_arrays(np.ones((1, 1, 2)), np.array([[[True, False]]]))
    >>> overlap_at(tally, np.array([0.0, 0.3, 1.0]))
    array([0. , 0.3, 1. ])
    """
    alarms_V, overlap_V = _curve(tally)
    return np.interp(fprs_F * tally.num_normals, alarms_V, overlap_V)


def _curve(tally: PixelTally) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vertices from (0, 0) to (all normal pixels, 1): false alarms and mean overlap."""
    overlap_after_K = np.cumsum(tally.overlap_at[::-1])
    # The last is the number of regions but for rounding; over itself it is exactly 1.
    overlap_after_K /= overlap_after_K[-1]
    overlap_before_K = np.concatenate(([0.0], overlap_after_K[:-1]))
    alarms_after_K = tally.num_false_alarms[::-1]
    alarms_before_K = alarms_after_K - tally.num_normals_at[::-1]

    # Counts, not rates, on the horizontal axis: they are exact, and only the limit is rounded.
    alarms_V = np.concatenate(([0.0], _interleaved(alarms_before_K, alarms_after_K), [tally.num_normals]))
    overlap_V = np.concatenate(([0.0], _interleaved(overlap_before_K, overlap_after_K), [1.0]))
    return alarms_V, overlap_V


def _interleaved(first_K: NDArray[np.generic], second_K: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.stack([first_K, second_K], axis=1).astype(np.float64).ravel()
