"""Groups from pairs, without long chains in which each image is like the next and the first is not like the last."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_CHAIN = 12
"""Images that a chain may join. Twins far apart in a longer one are not checked, and one false pair would join two
large groups."""
MIN_TWIN_SHARE = 0.5
"""Of the pairs between two groups that together are larger. All 15 photographs of one of MTD's cracks are twins."""


def joined(
    num_images: int, left_P: NDArray[np.intp], right_P: NDArray[np.intp], confidence_P: NDArray[np.float64]
) -> list[tuple[Sequence[int], float]]:
    """Join the images of each pair, the surest pair first.

    Args:
        num_images: N.
        left_P: Row of the one twin, below N.
        right_P: Row of the other.
        confidence_P: How sure each pair is; equal ones are taken in the order of the pairs.

    Returns:
        The rows of every group of two or more, in order, each with the confidence of the least sure pair that was
        needed to join it.
    """
    twins_of: list[set[int]] = [set() for _ in range(num_images)]
    for left, right in zip(left_P.tolist(), right_P.tolist(), strict=True):
        twins_of[left].add(right)
        twins_of[right].add(left)
    group_of = [{row} for row in range(num_images)]
    least_sure = dict.fromkeys(range(num_images), 1.0)
    for pair in np.argsort(-confidence_P, kind="stable").tolist():
        left, right = group_of[left_P[pair]], group_of[right_P[pair]]
        if left is right:
            continue
        if len(left) + len(right) > MAX_CHAIN:
            num_twins = sum(len(twins_of[row] & right) for row in left)
            if num_twins < MIN_TWIN_SHARE * len(left) * len(right):
                continue
        whole = left | right
        sure = min(least_sure[min(left)], least_sure[min(right)], float(confidence_P[pair]))
        least_sure[min(whole)] = sure
        for row in whole:
            group_of[row] = whole
    return [
        (sorted(group), least_sure[row]) for row, group in enumerate(group_of) if len(group) > 1 and row == min(group)
    ]
