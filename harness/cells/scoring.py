"""The maps and scores of a test set from a fitted method.

Shapes: B images of the test set.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.cells.framing import image_score, stitch
from harness.cells.map_file import MapFile
from harness.cells.outcome import CellProgress
from harness.config.protocol import Protocol
from harness.images import ImageSet
from harness.methods.base import Method


def maps_for(test: ImageSet, folder: Path) -> MapFile:
    """An empty file for the maps of all images of a set."""
    return MapFile(folder / "maps.npy", [test.view(rows[0]).scaled_px for rows in test.images()])


def score_all(
    method: Method, test: ImageSet, protocol: Protocol, maps: MapFile, report: Callable[[CellProgress], None]
) -> NDArray[np.float32]:
    """Write the maps of all images of a set into ``maps`` and return their scores.

    Raises:
        FloatingPointError: A map or a score is not finite.
        RuntimeError: The method gave more or fewer maps than it was given images or tiles.
    """
    images = test.images()
    scores_B = np.empty(len(images), np.float32)
    # Maps and scores of the views of the image that is not complete yet.
    maps_V: list[NDArray[np.float32]] = []
    scores_V: list[float] = []
    num_views = row = 0
    for batch in method.score(test):
        if not (np.isfinite(batch.scores_B).all() and np.isfinite(batch.maps_BHW).all()):
            raise FloatingPointError("The method gave a map or a score that is not finite.")
        num_views += len(batch.scores_B)
        if num_views > len(test):
            break
        for map_HW, score in zip(batch.maps_BHW, batch.scores_B, strict=True):
            maps_V.append(map_HW)
            scores_V.append(float(score))
            if len(maps_V) == len(images[row]):
                maps[row][:] = stitch([test.view(view) for view in images[row]], maps_V)
                scores_B[row] = image_score(scores_V, maps[row], protocol)
                maps_V, scores_V, row = [], [], row + 1
        report(CellProgress(stage="score", done=row, total=len(images)))
    if num_views != len(test):
        raise RuntimeError(f"The method gave {num_views} maps for {len(test)} images.")
    return scores_B


def hash_of_maps(maps: MapFile) -> str:
    """SHA-256 of the bytes of all maps, in order."""
    digest = hashlib.sha256()
    for map_YX in maps:
        digest.update(map_YX.tobytes())
    return digest.hexdigest()
