"""The image scores and overlap curves of cells, small enough to travel in a page."""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from harness.leaderboard.intervals import ImageScoresOf
from harness.report.figures.plot_sheet import OVERLAP, SCORE


@dataclass(frozen=True, kw_only=True)
class CellScores:
    """What the browser needs to draw one cell at any threshold."""

    row: str
    seed: int
    image_auroc: float
    aupro: float | None
    """At 0.3; None without masks."""
    scores: str = field(repr=False)
    """Base64 of the little-endian scores: normal images ascending, then defect images ascending."""
    num_normals: int
    num_defects: int
    bytes_per_score: int
    """4 where float32 holds every score exactly, else 8: rounding would make ties."""
    overlaps: tuple[float, ...] | None = field(repr=False)
    """Per-region overlap at evenly spaced false positive rates from 0 to 0.3, to four decimals."""

    @property
    def num_bytes(self) -> int:
        """About what the cell adds to the page."""
        return len(self.scores) + 7 * len(self.overlaps or ())


def cell_scores(finished: pd.DataFrame, image_scores: ImageScoresOf) -> dict[str, tuple[CellScores, ...]]:
    """Category to its cells, by row and seed.

    Args:
        finished: Records of finished cells of one data set, with their labels in a column ``row``.
        image_scores: Cell id to the scores of its test images.
    """
    found: dict[str, list[CellScores]] = {}
    ordered = finished.sort_values(["category", "row", "seed"])
    for cell in ordered[["cell_id", "category", "row", "seed", SCORE, OVERLAP, "overlap_curve"]].to_dict("records"):
        images = image_scores(cell["cell_id"])
        sides = [sorted(one.anomaly_score for one in images if one.is_defect == side) for side in (False, True)]
        scores, width = _encoded([*sides[0], *sides[1]])
        curve, aupro = cell["overlap_curve"], float(cell[OVERLAP])
        found.setdefault(str(cell["category"]), []).append(
            CellScores(
                row=str(cell["row"]),
                seed=int(cell["seed"]),
                image_auroc=float(cell[SCORE]),
                aupro=None if math.isnan(aupro) else aupro,
                scores=scores,
                num_normals=len(sides[0]),
                num_defects=len(sides[1]),
                bytes_per_score=width,
                # The column holds a sequence, or a null that a frame shows as None or NaN.
                overlaps=None if curve is None or isinstance(curve, float) else tuple(round(v, 4) for v in curve),
            )
        )
    return {category: tuple(cells) for category, cells in found.items()}


def within_budget(
    cells: Iterable[Mapping[str, Sequence[CellScores]]], budget_bytes: int
) -> tuple[list[dict[str, tuple[CellScores, ...]]], int]:
    """Keep as many cells as the page has room for: first one seed of every row and category, then the next seeds.

    Args:
        cells: One mapping of categories a data set.
        budget_bytes: Room on the page.

    Returns:
        The same mappings with the cells that fit, and the number of cells left out.
    """
    given = [dict(of_dataset) for of_dataset in cells]
    queue: list[tuple[int, int, str, CellScores]] = []
    for number, of_dataset in enumerate(given):
        for category, of_category in of_dataset.items():
            turns: dict[str, int] = {}
            for cell in of_category:
                turns[cell.row] = turns.get(cell.row, -1) + 1
                queue.append((turns[cell.row], number, category, cell))
    kept: set[tuple[int, str, str, int]] = set()
    room = budget_bytes
    for _, number, category, cell in sorted(queue, key=lambda item: item[0]):
        room -= cell.num_bytes
        if room >= 0:
            kept.add((number, category, cell.row, cell.seed))
    fitting = [
        {
            category: tuple(cell for cell in of_category if (number, category, cell.row, cell.seed) in kept)
            for category, of_category in of_dataset.items()
        }
        for number, of_dataset in enumerate(given)
    ]
    return fitting, len(queue) - len(kept)


def _encoded(scores: Sequence[float]) -> tuple[str, int]:
    wide = np.asarray(scores, dtype="<f8")
    narrow = wide.astype("<f4")
    exact = bool(np.array_equal(narrow.astype("<f8"), wide))
    return base64.b64encode((narrow if exact else wide).tobytes()).decode("ascii"), 4 if exact else 8
