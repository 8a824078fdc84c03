"""The test images of one category, with the scores that several cells gave them.

Shapes: C cells, I images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records import ImageScore

_MIN_IMAGES = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class ImagePool:
    """Every test image of some cells of one category, each once, by image id.

    Cells of several seeds, or of several methods, may have tested the same images or partly others.
    """

    is_defect_I: NDArray[np.bool_]
    scores_CI: NDArray[np.float64]
    """Anomaly scores, higher is more anomalous; NaN where the cell did not test the image."""

    @classmethod
    def of(cls, cells: Sequence[Sequence[ImageScore]]) -> "ImagePool":
        """Pool the images of cells.

        Args:
            cells: The test images of each cell, in any order.

        Raises:
            ValueError: There is no cell, a cell has an image twice or a score that is NaN or infinite,
                or an image is a defect in one cell and normal in another.
        """
        if not cells:
            raise ValueError("No cell was given, expected at least one.")
        is_defect: dict[str, bool] = {}
        for position, cell in enumerate(cells):
            if len({score.image_id for score in cell}) < len(cell):
                raise ValueError(f"Cell {position} has an image twice, expected every image once.")
            for score in cell:
                if is_defect.setdefault(score.image_id, score.is_defect) != score.is_defect:
                    raise ValueError(f"{score.image_id} is a defect in one cell and normal in another.")
        index = {image_id: number for number, image_id in enumerate(sorted(is_defect))}
        scores_CI = np.full((len(cells), len(index)), np.nan)
        for row_I, cell in zip(scores_CI, cells, strict=True):
            scores_B = np.array([score.anomaly_score for score in cell], dtype=np.float64)
            if not np.isfinite(scores_B).all():
                raise ValueError("A score is NaN or infinite, expected finite scores.")
            row_I[[index[score.image_id] for score in cell]] = scores_B
        return cls(is_defect_I=np.array([is_defect[image_id] for image_id in index], dtype=bool), scores_CI=scores_CI)

    @property
    def is_tested(self) -> NDArray[np.bool_]:
        """Shape (C, I): true where the cell tested the image."""
        tested_CI: NDArray[np.bool_] = ~np.isnan(self.scores_CI)
        return tested_CI

    @property
    def shortage(self) -> str:
        """Why resampling would say nothing; empty when it says something.

        A class of one image is the same image in every resample: it would seem to be certain.
        """
        for kind, in_class_I in (("normal", ~self.is_defect_I), ("defect", self.is_defect_I)):
            fewest = int((self.is_tested & in_class_I).sum(axis=1).min())
            if fewest < _MIN_IMAGES:
                return f"a cell has {fewest} {kind} test image{'' if fewest == 1 else 's'}, fewer than {_MIN_IMAGES}"
        return ""
