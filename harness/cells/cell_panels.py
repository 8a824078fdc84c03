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
from harness.images import read_scaled
from harness.plan import Cell


def save_panels(
    folder: Path,
    cell: Cell,
    samples: Sequence[Sample],
    maps: MapFile,
    scores_B: NDArray[np.float32],
    count: int,
) -> None:
    """Write panels of at most ``count`` defect and ``count`` good images, each image at the size of its map.

    Defect images are chosen before any is looked at: evenly spaced in the order of the test set. Good images are those
    that score highest, the worst false alarm first. The titles say which is which.

    Args:
        folder: Receives the panels.
        cell: What ran.
        samples: The whole test set.
        maps: Its maps, in the same order.
        scores_B: Its scores, in the same order.
        count: Panels of each of the two.
    """
    from harness.report.panels import panel_names, save_panel

    chosen = chosen_defects(samples, count)
    alarms = worst_false_alarms(samples, scores_B, count)
    titles = {row: f"defect: {samples[row].defect_kind}" for row in chosen}
    for place, row in enumerate(alarms, 1):
        titles[row] = "good image, the worst false alarm" if place == 1 else f"good image, false alarm {place}"
    low, high = _map_range(samples, maps, scores_B)
    names = panel_names([sample.id for sample in samples])
    for row, title in titles.items():
        sample, size_px = samples[row], (maps[row].shape[0], maps[row].shape[1])
        save_panel(
            folder / names[sample.id],
            read_scaled(sample.image, [size_px], sample.corruption)[size_px],
            mask_of(sample, size_px, cell.protocol) if sample.mask is not None else None,
            maps[row],
            title=f"{cell.label}: {sample.id}\n{title}",
            map_range=(low, high),
            anomaly_score=float(scores_B[row]),
        )


def chosen_defects(samples: Sequence[Sample], count: int) -> list[int]:
    """Rows of at most ``count`` defect images, evenly spaced: nobody picked the beautiful ones."""
    defects = [row for row, sample in enumerate(samples) if sample.is_defect]
    count = min(count, len(defects))
    return [defects[position * len(defects) // count] for position in range(count)]


def worst_false_alarms(samples: Sequence[Sample], scores_B: NDArray[np.float32], count: int) -> list[int]:
    """Rows of the ``count`` good images with the highest scores, the highest first; equal ones in their order."""
    good = [row for row, sample in enumerate(samples) if not sample.is_defect]
    return sorted(good, key=lambda row: (-float(scores_B[row]), row))[:count]


def _map_range(samples: Sequence[Sample], maps: MapFile, scores_B: NDArray[np.float32]) -> tuple[float, float]:
    """Map values of the darkest and the brightest colour, one range for all images of the cell."""
    normal_scores = [float(scores_B[row]) for row, sample in enumerate(samples) if not sample.is_defect]
    # One map at a time: all of them can be more than memory holds.
    low = float(np.median([np.median(map_YX) for map_YX in maps]))
    high = max(2 * float(np.max(normal_scores)), 1e-6)
    return low, max(high, low + 1e-6)
