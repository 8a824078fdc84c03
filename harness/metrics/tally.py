"""How normal and defect scores interleave: all that a threshold metric can depend on.

Shapes: K distinct defect scores, ascending; P defect scores; N normal scores; ... any leading axes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Scores: TypeAlias = NDArray[np.float32 | np.float64]
Counts: TypeAlias = NDArray[np.int64]

MIN_BATCH_SCORES = 1 << 20
"""Smaller batches spend their time on calls; this many float64 scores are 8 MiB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Counts at each distinct defect score, lowest first: arrays of shape (..., K).

    Recall changes only at a defect score. A threshold between two of them only moves the false
    positive rate, so the normal scores themselves need not be kept. A tally of one test set has shape
    (K,); resamples of it are one tally with a leading axis.
    """

    num_defects_at: Counts
    """Defect scores equal to this one: at least 1, but 0 where a resample did not draw them."""
    num_normals_below: Counts
    """Normal scores below this one."""
    num_normals_at: Counts
    """Normal scores equal to this one: a tie, passed by one threshold."""
    num_normals: Counts
    """All normal scores, shape (...)."""

    @property
    def num_detected(self) -> Counts:
        """Defect scores at or above this one."""
        return np.cumsum(self.num_defects_at[..., ::-1], axis=-1)[..., ::-1]

    @property
    def num_false_alarms(self) -> Counts:
        """Normal scores at or above this one."""
        alarms: Counts = self.num_normals[..., None] - self.num_normals_below
        return alarms


def tally_scores(defects_P: Scores, normals: Iterable[Scores]) -> tuple[Tally, NDArray[np.intp]]:
    """Count the normal scores around each distinct defect score.

    Scores are compared in their own dtype; nothing is rounded or binned. Costs one sort of each side
    and keeps O(P) numbers, however many normal scores stream by.

    Args:
        defects_P: Finite scores of the positive class, float32 or float64, P > 0.
        normals: Finite scores of the negative class, in 1-D pieces of any size.

    Returns:
        The tally, and for each defect score its index in ``[0, K)``.

    >>> tally, index_P = tally_scores(np.array([0.9, 0.5, 0.9]), [np.array([0.1, 0.5]), np.array([0.7])])
    >>> tally.num_defects_at, tally.num_normals_below, tally.num_normals_at, index_P
    (array([1, 2]), array([1, 3]), array([1, 0]), array([1, 0, 1]))
    """
    distinct_K, index_P, num_defects_at_K = np.unique(defects_P, return_inverse=True, return_counts=True)
    num_normals_below_K = np.zeros(len(distinct_K), dtype=np.int64)
    num_normals_up_to_K = np.zeros(len(distinct_K), dtype=np.int64)
    num_normals = 0
    # Looking the K sorted scores up in each sorted batch walks through memory in order; looking
    # unsorted normal scores up among the K is ten times slower. Batches of at least K keep it linear.
    for batch_N in _batches(normals, max(MIN_BATCH_SCORES, len(distinct_K))):
        batch_N.sort()
        num_normals_below_K += np.searchsorted(batch_N, distinct_K, side="left")
        num_normals_up_to_K += np.searchsorted(batch_N, distinct_K, side="right")
        num_normals += len(batch_N)
    tally = Tally(
        num_defects_at=num_defects_at_K.astype(np.int64),
        num_normals_below=num_normals_below_K,
        num_normals_at=num_normals_up_to_K - num_normals_below_K,
        num_normals=np.asarray(num_normals),
    )
    return tally, index_P


def _batches(pieces: Iterable[Scores], min_scores: int) -> Iterator[Scores]:
    """Join pieces into fresh arrays of at least ``min_scores``, the last one excepted."""
    held: list[Scores] = []
    num_held = 0
    for piece_N in pieces:
        held.append(piece_N)
        num_held += len(piece_N)
        if num_held >= min_scores:
            yield np.concatenate(held)
            held, num_held = [], 0
    if num_held:
        yield np.concatenate(held)
