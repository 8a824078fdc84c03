"""Heat-map panels of the cells of a data set, the worst errors first."""

import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from harness.leaderboard.intervals import ImageScoresOf
from harness.records import ImageScore
from harness.report.panels import panel_names

PanelFilesOf = Callable[[str, str, str], list[Path]]
"""Data set, category and cell id to the panels that the cell wrote."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One test image as one cell saw it."""

    category: str
    row: str
    seed: int
    image: ImageScore
    num_beyond: int
    """Images of the other class on the wrong side: normal images that score at least as high as this defect image, or
    defect images that score at most as high as this normal image."""
    num_others: int
    """All test images of the other class."""
    path: Path

    @property
    def severity(self) -> float:
        """How bad the error is, a fraction: 0 if every image of the other class is on the right side."""
        return self.num_beyond / self.num_others


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The panels of one data set, the worst first."""

    panels: tuple[Panel, ...] = field(default=(), repr=False)


def gallery_of(dataset: str, finished: pd.DataFrame, image_scores: ImageScoresOf, files_of: PanelFilesOf) -> Gallery:
    """Find the panels of finished cells and order them by how wrong the score of the image is.

    A panel that belongs to no test image of its cell is left out.

    Args:
        dataset: Its name.
        finished: Records of finished cells of the data set, with their labels in a column ``row``.
        image_scores: Cell id to the scores of its test images, called for cells with panels only.
        files_of: The files of a cell.
    """
    panels: list[Panel] = []
    for cell in finished[["cell_id", "category", "row", "seed"]].to_dict("records"):
        files = files_of(dataset, cell["category"], cell["cell_id"])
        if not files:
            continue
        images = image_scores(cell["cell_id"])
        names = panel_names([image.image_id for image in images])
        named = {names[image.image_id]: image for image in images}
        sides = {side: sorted(one.anomaly_score for one in images if one.is_defect == side) for side in (False, True)}
        for path in files:
            image = named.get(path.name)
            if image is None:
                continue
            others = sides[not image.is_defect]
            if image.is_defect:
                num_beyond = len(others) - bisect.bisect_left(others, image.anomaly_score)
            else:
                num_beyond = bisect.bisect_right(others, image.anomaly_score)
            panels.append(
                Panel(
                    category=str(cell["category"]),
                    row=str(cell["row"]),
                    seed=int(cell["seed"]),
                    image=image,
                    num_beyond=num_beyond,
                    num_others=len(others),
                    path=path,
                )
            )
    order = sorted(panels, key=lambda one: (-one.severity, one.category, one.row, one.seed, one.image.image_id))
    return Gallery(panels=tuple(order))
