"""Refusal of scores and labels whose metrics would have no meaning."""

import numpy as np
from numpy.typing import NDArray

from harness.metrics.tally import Scores


def check_scores(what: str, scores: Scores, truth: NDArray[np.bool_], dimensions: str) -> None:
    """Refuse arrays that no metric can be computed from.

    Args:
        what: Names the arrays in the error, e.g. ``"Image 3"``.
        scores: Anomaly scores, higher is more anomalous.
        truth: True where a defect is.
        dimensions: One letter for each expected dimension, e.g. ``"HW"``.

    Raises:
        ValueError: The shapes differ, are empty or have other dimensions, a dtype is wrong, or a score is NaN
            or infinite.
    """
    if scores.ndim != len(dimensions):
        raise ValueError(f"{what}: scores have shape {scores.shape}, expected {len(dimensions)}-D ({dimensions}).")
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


class OneClassError(ValueError):
    """There is no defect, or nothing normal, so that no curve exists."""


def check_both_classes(what: str, num_defects: int, num_normals: int) -> None:
    """Refuse data with one class only, for which no curve exists.

    Raises:
        OneClassError: There is no defect, or nothing normal.
    """
    if num_defects == 0:
        raise OneClassError(f"None of {num_normals} {what} is a defect; expected at least one defect and one normal.")
    if num_normals == 0:
        raise OneClassError(f"All of {num_defects} {what} are defects; expected at least one defect and one normal.")


def check_max_fpr(max_fpr: float) -> None:
    """Refuse a limit outside (0, 1].

    Raises:
        ValueError: ``max_fpr`` is out of range or NaN.
    """
    if not 0 < max_fpr <= 1:
        raise ValueError(f"max_fpr is {max_fpr}, expected a fraction in (0, 1].")
