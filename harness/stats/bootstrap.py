"""Image metrics of resampled test sets: how far they would be from here with other test images.

Percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13),
stratified: normal and defect images are resampled apart, so every resample has as many of each.

Shapes: R resamples, C cells, I images; of one cell: N normal images, P defect images, K distinct
defect scores, ascending.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.catalogue import find_metric
from harness.metrics.tally import Counts, Tally, tally_scores
from harness.stats.image_pool import ImagePool

NUM_RESAMPLES = 2000
CONFIDENCE = 0.95

_MAX_BATCH_COUNTS = 1 << 19
"""Resamples times images held at once: 4 MiB an array, however many images there are."""


def resampled_metrics(
    pool: ImagePool, rng: np.random.Generator, *, metrics: Collection[str], num_resamples: int = NUM_RESAMPLES
) -> dict[str, NDArray[np.float64]]:
    """Image metrics of every cell in every resample of the pool's images.

    One resample serves all cells: average columns over seeds, subtract those of two methods, and the
    images that are drawn together stay together. The spread over resamples stands for the choice of
    test images, given the trained models. It does not cover what another training seed would change,
    nor images of a kind that the test set lacks; and it vanishes where the classes are separated
    perfectly. A resample that leaves a cell without one of the two classes is drawn again, which can
    happen only where cells tested different images.

    Args:
        pool: Images and scores; only the order of the scores matters, ties count as in ``harness.metrics``.
        rng: Equal generators give equal bits, whatever ``metrics`` is.
        metrics: Names of metrics that need image scores alone.
        num_resamples: R, at least 1.

    Returns:
        Metric to its values, fractions shaped (R, C).

    Raises:
        ValueError: A class has too few images (``ImagePool.shortage``), or ``num_resamples`` is below 1.
    """
    if pool.shortage:
        raise ValueError(f"Cannot resample: {pool.shortage}.")
    if num_resamples < 1:
        raise ValueError(f"num_resamples is {num_resamples}, expected at least 1.")
    orders = [_ScoreOrder.of(scores_I, pool.is_defect_I) for scores_I in pool.scores_CI]
    values = {metric: np.empty((num_resamples, len(orders))) for metric in metrics}
    first = 0
    for counts_RI in _batches(pool, rng, num_resamples):
        last = first + len(counts_RI)
        for cell, order in enumerate(orders):
            tally = order.tally(counts_RI)
            for metric in metrics:
                values[metric][first:last, cell] = find_metric(metric).compute(tally)
        first = last
    return values


def percentile_interval(values_R: NDArray[np.float64], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The middle share of resampled values.

    Args:
        values_R: One number a resample.
        confidence: Share of the values between the ends, a fraction in (0, 1).

    Returns:
        Low and high end.

    Raises:
        ValueError: ``confidence`` is out of range.
    """
    check_confidence(confidence)
    low, high = np.quantile(values_R, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def check_confidence(confidence: float) -> None:
    """Refuse a confidence outside (0, 1).

    Raises:
        ValueError: It is out of range or NaN.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, expected a fraction in (0, 1).")


@dataclass(frozen=True, kw_only=True, eq=False)
class _ScoreOrder:
    """How the images of one cell are ordered: sorted once, for all resamples."""

    normals_N: NDArray[np.intp]
    """Images, by ascending score."""
    defects_P: NDArray[np.intp]
    """Images, by ascending score."""
    first_at_K: NDArray[np.intp]
    """Position in ``defects_P`` of the first defect of each distinct score."""
    num_below_K: Counts
    num_up_to_K: Counts

    @classmethod
    def of(cls, scores_I: NDArray[np.float64], is_defect_I: NDArray[np.bool_]) -> "_ScoreOrder":
        tested_I = ~np.isnan(scores_I)
        normals_N = np.flatnonzero(tested_I & ~is_defect_I)
        defects_P = np.flatnonzero(tested_I & is_defect_I)
        tally, index_P = tally_scores(scores_I[defects_P], [scores_I[normals_N]])
        return cls(
            normals_N=normals_N[np.argsort(scores_I[normals_N], kind="stable")],
            defects_P=defects_P[np.argsort(index_P, kind="stable")],
            first_at_K=np.cumsum(tally.num_defects_at) - tally.num_defects_at,
            num_below_K=tally.num_normals_below,
            num_up_to_K=tally.num_normals_below + tally.num_normals_at,
        )

    def tally(self, counts_RI: Counts) -> Tally:
        """Count again, each image as often as it was drawn: a tally of shape (R, K)."""
        num_resamples = len(counts_RI)
        num_normals_first_RN = np.zeros((num_resamples, len(self.normals_N) + 1), dtype=np.int64)
        np.cumsum(counts_RI[:, self.normals_N], axis=1, out=num_normals_first_RN[:, 1:])
        num_below_RK = num_normals_first_RN[:, self.num_below_K]
        return Tally(
            num_defects_at=np.add.reduceat(counts_RI[:, self.defects_P], self.first_at_K, axis=1),
            num_normals_below=num_below_RK,
            num_normals_at=num_normals_first_RN[:, self.num_up_to_K] - num_below_RK,
            num_normals=num_normals_first_RN[:, -1],
        )


def _batches(pool: ImagePool, rng: np.random.Generator, num_resamples: int) -> Iterator[Counts]:
    """How often each image is drawn in each resample, some resamples at a time."""
    num_images = len(pool.is_defect_I)
    batch = max(1, _MAX_BATCH_COUNTS // num_images)
    for first in range(0, num_resamples, batch):
        counts_RI = stratified_counts(pool.is_defect_I, rng, min(batch, num_resamples - first))
        while len(unusable := np.flatnonzero(~_has_both_classes(pool, counts_RI))):
            counts_RI[unusable] = stratified_counts(pool.is_defect_I, rng, len(unusable))
        yield counts_RI


def stratified_counts(is_defect_I: NDArray[np.bool_], rng: np.random.Generator, num_resamples: int) -> Counts:
    """How often each image is drawn, with replacement from its class, shaped (R, I).

    Two calls for some resamples each draw the same as one call for all of them.
    """
    num_images = len(is_defect_I)
    by_class_I = np.argsort(is_defect_I, kind="stable")
    num_normals = num_images - int(np.count_nonzero(is_defect_I))
    is_late_I = np.arange(num_images) >= num_normals
    size_I = np.where(is_late_I, num_images - num_normals, num_normals)
    drawn_RI = rng.integers(size_I, size=(num_resamples, num_images)) + num_normals * is_late_I
    drawn_RI += num_images * np.arange(num_resamples)[:, None]
    counts_RI = np.empty((num_resamples, num_images), dtype=np.int64)
    counts_RI[:, by_class_I] = np.bincount(drawn_RI.ravel(), minlength=drawn_RI.size).reshape(drawn_RI.shape)
    return counts_RI


def _has_both_classes(pool: ImagePool, counts_RI: Counts) -> NDArray[np.bool_]:
    has_both_R = np.ones(len(counts_RI), dtype=np.bool_)
    if pool.is_tested.all():
        return has_both_R
    is_drawn_RI = (counts_RI > 0).astype(np.float32)  # a product of floats is far faster than one of integers
    for in_class_I in (~pool.is_defect_I, pool.is_defect_I):
        has_both_R &= (is_drawn_RI @ (pool.is_tested & in_class_I).T.astype(np.float32) > 0).all(axis=1)
    return has_both_R
