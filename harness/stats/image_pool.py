"""The test images of one category, with the scores that several cells gave them.

Shapes: C cells, I images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.phrasing import counted
from harness.records import ImageScore

_MIN_UNITS = 2
_NO_GROUPS: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True, eq=False)
class ImagePool:
    """Every test image of some cells of one category, each once, by image id.

    Cells of several seeds, or of several methods, may have tested the same images or partly others.

    >>> from harness.records import ImageScore
    >>> names = ["tile-1/exposure-1", "tile-1/exposure-2", "tile-2/exposure-1"]
    >>> cell = [ImageScore(image_id=name, is_defect=False, defect_kind="", anomaly_score=0.5) for name in names]
    >>> pool = ImagePool.of([cell], {name: name.split("/")[0] for name in names})
    >>> pool.unit_I.tolist()
    [0, 0, 1]
    """

    is_defect_I: NDArray[np.bool_]
    scores_CI: NDArray[np.float64]
    """Anomaly scores, higher is more anomalous; NaN where the cell did not test the image."""
    unit_I: NDArray[np.intp]
    """Number of the unit that each image belongs to, from 0 without gaps. Images of one unit are near duplicates
    and are resampled together."""

    @classmethod
    def of(cls, cells: Sequence[Sequence[ImageScore]], groups: Mapping[str, str] = _NO_GROUPS) -> "ImagePool":
        """Pool the images of cells.

        Args:
            cells: The test images of each cell, in any order.
            groups: Image id to the id of its group of near duplicates. An image that is not in it has the group
                that was stored with its score, and without one it is a unit of its own.

        Raises:
            ValueError: There is no cell, a cell has an image twice or a score that is NaN or infinite,
                or an image is a defect in one cell and normal in another.
        """
        if not cells:
            raise ValueError("No cell was given, expected at least one.")
        is_defect: dict[str, bool] = {}
        group_of: dict[str, str] = {}
        for position, cell in enumerate(cells):
            if len({score.image_id for score in cell}) < len(cell):
                raise ValueError(f"Cell {position} has an image twice, expected every image once.")
            for score in cell:
                if is_defect.setdefault(score.image_id, score.is_defect) != score.is_defect:
                    raise ValueError(f"{score.image_id} is a defect in one cell and normal in another.")
                group_of[score.image_id] = groups.get(score.image_id) or score.group or score.image_id
        index = {image_id: number for number, image_id in enumerate(sorted(is_defect))}
        scores_CI = np.full((len(cells), len(index)), np.nan)
        for row_I, cell in zip(scores_CI, cells, strict=True):
            scores_B = np.array([score.anomaly_score for score in cell], dtype=np.float64)
            if not np.isfinite(scores_B).all():
                raise ValueError("A score is NaN or infinite, expected finite scores.")
            row_I[[index[score.image_id] for score in cell]] = scores_B
        units = {group: number for number, group in enumerate(dict.fromkeys(group_of[name] for name in index))}
        return cls(
            is_defect_I=np.array([is_defect[name] for name in index], dtype=bool),
            scores_CI=scores_CI,
            unit_I=np.array([units[group_of[name]] for name in index], dtype=np.intp),
        )

    @property
    def is_tested(self) -> NDArray[np.bool_]:
        """Shape (C, I): true where the cell tested the image."""
        tested_CI: NDArray[np.bool_] = ~np.isnan(self.scores_CI)
        return tested_CI

    @property
    def shortage(self) -> str:
        """Why the images cannot be resampled; empty if they can.

        With a single unit of a class every resample would hold the same images, and the metric would seem certain.
        """
        for kind, in_class_I in (("normal", ~self.is_defect_I), ("defect", self.is_defect_I)):
            fewest = min(len(set(self.unit_I[tested_I & in_class_I])) for tested_I in self.is_tested)
            if fewest < _MIN_UNITS:
                return f"a cell has {counted(fewest, f'independent {kind} test image')}, fewer than {_MIN_UNITS}"
        return ""
