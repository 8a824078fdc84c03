"""Scores of test images, from plain numbers, and records that carry the metrics of their scores."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from harness.metrics import image_metrics
from harness.records import CellIdentity, CellRecord, ImageScore
from harness.store.schema import Record
from tests.support import records as make


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


def scored_record(identity: CellIdentity, scores: tuple[ImageScore, ...], **changes: Any) -> CellRecord:
    """A finished cell whose image metrics are those of ``scores``."""
    found = image_metrics(
        np.array([score.anomaly_score for score in scores]), np.array([score.is_defect for score in scores])
    )
    return make.cell_record(
        identity=identity,
        image_scores=scores,
        **(found | changes),
    )


def scores_of(records: Iterable[Record]) -> Callable[[str], tuple[ImageScore, ...]]:
    """What the store's ``image_scores`` would be."""
    by_cell = {record.identity.cell_id: record.image_scores for record in records if isinstance(record, CellRecord)}
    return by_cell.__getitem__
