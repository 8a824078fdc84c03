"""Scores of test images, from plain numbers."""

from collections.abc import Sequence

import numpy as np

from harness.records import ImageScore


def image_scores(normals: Sequence[float], defects: Sequence[float]) -> tuple[ImageScore, ...]:
    """Normal images ``good/000`` and up, then defect images ``hole/000`` and up."""
    kinds = [("good", False, normals), ("hole", True, defects)]
    return tuple(
        ImageScore(image_id=f"{kind}/{number:03}", is_defect=is_defect, defect_kind=kind, anomaly_score=float(score))
        for kind, is_defect, scores in kinds
        for number, score in enumerate(scores)
    )


def drawn_scores(seed: int, *, gain: float = 1.0, num_images: int = 20) -> tuple[ImageScore, ...]:
    """As many normal as defect images, whose scores are ``gain`` standard deviations higher."""
    normals, defects = np.random.default_rng(seed).normal(size=(2, num_images))
    return image_scores(normals, defects + gain)
