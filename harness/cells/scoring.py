"""The maps and scores of a test set from a fitted method.

Shapes: B images of the test set.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from harness.cells.map_file import MapFile
from harness.cells.outcome import CellProgress
from harness.config.protocol import Protocol
from harness.framing import whole_images
from harness.images import ImageSet
from harness.methods.base import Method

_REPORT_EVERY = 8
"""Images."""


@contextmanager
def maps_for(test: ImageSet) -> Iterator[MapFile]:
    """An empty file for the maps of all images of a set, for the time of the block.

    Raises:
        OSError: The disk has no room for all maps.
    """
    # The file has no name, so that a process that is killed leaves nothing behind.
    with tempfile.TemporaryFile() as file:
        yield MapFile(file, [test.view(rows[0]).scaled_px for rows in test.images()])


def score_all(
    method: Method, test: ImageSet, protocol: Protocol, maps: MapFile, report: Callable[[CellProgress], None]
) -> NDArray[np.float32]:
    """Write the maps of all images of a set into ``maps`` and return their scores.

    Raises:
        FloatingPointError: A map or a score is not finite.
        RuntimeError: The method gave more or fewer maps than it was given images or tiles.
    """
    num_images = len(test.images())
    scores_B = np.empty(num_images, np.float32)
    for row, (map_YX, score) in enumerate(whole_images(method.score(test), test, protocol)):
        maps[row][:] = map_YX
        scores_B[row] = score
        if (row + 1) % _REPORT_EVERY == 0 or row + 1 == num_images:
            report(CellProgress(stage="score", done=row + 1, total=num_images))
    return scores_B


def hash_of_maps(maps: MapFile) -> str:
    """SHA-256 of the bytes of all maps, in order."""
    digest = hashlib.sha256()
    for map_YX in maps:
        digest.update(map_YX.tobytes())
    return digest.hexdigest()
