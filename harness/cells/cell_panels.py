"""Heat-map panels of a cell's test images.

Shapes: B images.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.cells.map_file import MapFile
from harness.cells.masked_maps import mask_of
from harness.datasets import Sample
from harness.images import read_rgb, resize_rgb
from harness.plan import Cell


def save_panels(
    folder: Path,
    cell: Cell,
    samples: Sequence[Sample],
    maps: MapFile,
    scores_B: NDArray[np.float32],
    count: int,
) -> None:
    """Write panels of at most ``count`` defect images into ``folder``, each image at the size of its map.

    ``samples``, ``maps`` and ``scores_B`` are those of the whole test set, in one order.
    """
    from harness.report.panels import panel_name, save_panel

    # Evenly spaced over the defect images: nobody picked the beautiful ones.
    defects = [row for row, sample in enumerate(samples) if sample.is_defect]
    count = min(count, len(defects))
    chosen = [defects[position * len(defects) // count] for position in range(count)]
    normal_scores = [float(scores_B[row]) for row, sample in enumerate(samples) if not sample.is_defect]
    low, high = float(np.median(maps.values)), max(2 * float(np.max(normal_scores)), 1e-6)
    for row in chosen:
        size_px = (maps[row].shape[0], maps[row].shape[1])
        save_panel(
            folder / panel_name(samples[row].id),
            resize_rgb(read_rgb(samples[row].image), size_px),
            mask_of(samples[row], size_px, cell.protocol),
            maps[row],
            title=f"{cell.label}: {samples[row].id}",
            map_range=(low, max(high, low + 1e-6)),
            anomaly_score=float(scores_B[row]),
        )
