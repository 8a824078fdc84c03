"""Heat-map panels of a cell's test images.

Shapes: B images, H x W pixels of the scoring resolution.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.datasets import Sample
from harness.execution.ground_truth import mask_of
from harness.images import ImageSet
from harness.plan import Cell


def save_panels(
    folder: Path,
    cell: Cell,
    samples: Sequence[Sample],
    images: ImageSet,
    maps_BHW: NDArray[np.float32],
    scores_B: NDArray[np.float32],
    count: int,
) -> None:
    """Write panels of ``count`` defect images into ``folder``.

    Args:
        folder: Made when missing.
        cell: Named in the titles.
        samples: Of the test set.
        images: The same, at the scoring resolution.
        maps_BHW: The same.
        scores_B: The same.
        count: How many, at most.
    """
    from harness.report.panels import save_panel

    # Evenly spaced over the defect images: nobody picked the beautiful ones.
    defects = [row for row, sample in enumerate(samples) if sample.is_defect]
    count = min(count, len(defects))
    chosen = [defects[position * len(defects) // count] for position in range(count)]
    normal_scores = [float(scores_B[row]) for row, sample in enumerate(samples) if not sample.is_defect]
    low, high = float(np.median(maps_BHW)), max(2 * float(np.max(normal_scores)), 1e-6)
    for row in chosen:
        save_panel(
            folder / (samples[row].id.replace("/", "-").rsplit(".", 1)[0] + ".png"),
            images[row],
            mask_of(samples[row], images.size_px, cell.protocol),
            maps_BHW[row],
            title=f"{cell.label}: {samples[row].id}",
            map_range=(low, max(high, low + 1e-6)),
            anomaly_score=float(scores_B[row]),
        )
