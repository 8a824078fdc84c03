"""From the scores of images to those of parts, where several images show one part.

Shapes: B images, P parts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.tally import Scores


def of_parts(scores_B: Scores, labels_B: NDArray[np.bool_], parts: Sequence[str]) -> tuple[Scores, NDArray[np.bool_]]:
    """A part scores as high as its highest view, and is a defect if one of its views is.

    Source: ``adeval`` 1.1.0, which the authors of Real-IAD compute their sample-level AUROC (S-AUROC) with.

    Args:
        scores_B: Anomaly scores of the images, higher is more anomalous.
        labels_B: True for an image with a defect.
        parts: Of each image, the name of its part.

    Returns:
        ``(scores_P, labels_P)``, parts sorted by name.

    >>> scores_P, labels_P = of_parts(np.array([0.1, 0.9, 0.3]), np.array([False, True, False]), ["a", "a", "b"])
    >>> scores_P.tolist(), labels_P.tolist()
    ([0.9, 0.3], [True, False])
    """
    names, part_of_B = np.unique(np.array(parts), return_inverse=True)
    scores_P = np.full(len(names), -np.inf, scores_B.dtype)
    np.maximum.at(scores_P, part_of_B, scores_B)
    labels_P = np.zeros(len(names), np.bool_)
    np.logical_or.at(labels_P, part_of_B, labels_B)
    return scores_P, labels_P
