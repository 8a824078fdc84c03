"""Refusal of scores and labels that would give a number without meaning.

Shapes: B images, H height, W width.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from harness.metrics.tally import Scores


def check_scores(what: str, scores: Scores, truth: NDArray[np.bool_]) -> None:
    """Refuse wrong dtypes, differing shapes, nothing at all, and scores that have no order.

    Args:
        what: Names the arrays in the error, e.g. ``"Image 3"``.
        scores: Anomaly scores, higher is more anomalous.
        truth: True where a defect is.

    Raises:
        ValueError: Any of the above; the text says which.
    """
    if scores.dtype not in (np.float32, np.float64):
        raise ValueError(f"{what}: scores have dtype {scores.dtype}, expected float32 or float64.")
    if truth.dtype != np.bool_:
        raise ValueError(f"{what}: labels or masks have dtype {truth.dtype}, expected bool (True is a defect).")
    if scores.shape != truth.shape:
        raise ValueError(f"{what}: scores have shape {scores.shape}, labels or masks {truth.shape}; expected the same.")
    if scores.size == 0:
        raise ValueError(f"{what}: shape {scores.shape} is empty, expected at least one score.")
    if not np.isfinite(scores).all():
        num_bad = int(np.count_nonzero(~np.isfinite(scores)))
        raise ValueError(f"{what}: {num_bad} of {scores.size} scores are NaN or infinite, expected finite scores.")


def check_both_classes(what: str, num_defects: int, num_normals: int) -> None:
    """Refuse data with one class only: no curve exists.

    Raises:
        ValueError: There is no defect, or nothing normal.
    """
    if num_defects == 0:
        raise ValueError(f"None of {num_normals} {what} is a defect; expected at least one defect and one normal.")
    if num_normals == 0:
        raise ValueError(f"All of {num_defects} {what} are defects; expected at least one defect and one normal.")


def check_dimensions(what: str, array: NDArray[np.generic], dimensions: str) -> None:
    """Refuse an array of another rank.

    Args:
        what: Names the array in the error, e.g. ``"maps"``.
        array: Any array.
        dimensions: One letter each, e.g. ``"BHW"``.

    Raises:
        ValueError: The rank is another.
    """
    if array.ndim != len(dimensions):
        raise ValueError(f"{what} have shape {array.shape}, expected {len(dimensions)} dimensions ({dimensions}).")


def check_max_fpr(max_fpr: float) -> None:
    """Refuse a limit outside (0, 1].

    Raises:
        ValueError: ``max_fpr`` is out of range or NaN.
    """
    if not 0 < max_fpr <= 1:
        raise ValueError(f"max_fpr is {max_fpr}, expected a fraction in (0, 1].")


def checked_images(
    images: Iterable[tuple[Scores, NDArray[np.bool_]]],
) -> Iterator[tuple[Scores, NDArray[np.bool_]]]:
    """Pass maps and masks on, each pair checked as it comes.

    Raises:
        ValueError: A pair is not a 2-D map of finite scores with a boolean mask of its shape.
    """
    for position, (map_HW, mask_HW) in enumerate(images):
        check_dimensions(f"Image {position}: scores", map_HW, "HW")
        check_scores(f"Image {position}", map_HW, mask_HW)
        yield map_HW, mask_HW
