"""Groups of images that show one thing, from pairs that are alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from harness.datasets.near_duplicates.candidates import candidate_pairs
from harness.datasets.near_duplicates.correlation import similarities, spectra

VERSION = 1
"""Raised when the same images would form other groups."""

MIN_SIMILARITY = 0.40
"""Pairs below this are never twins. On MTD's normal tiles, different tiles reach .33; of the exposures of one tile, one
pair in 500 lies below .40 and is connected through other pairs of its group."""
SURE_SIMILARITY = 0.99
"""Only copies and photographs that were saved again are above this."""
SPREADS_ABOVE_MEDIAN = 10.0
"""How far above the similarities of the category's parts a twin lies, on Fisher's z scale and in units
of their upper quartile less their median. Parts of one shape, upright under one lamp, are alike at
.8 and are no twins. Different parts have reached 8.4 among generated and 9.1 among KSDD's images; MTD's
exposures of one tile begin at 18."""
MIN_FOR_SPREAD = 24
"""Different files a category needs to have a spread of its own, which twins among it would not
make; with fewer, only ``SURE_SIMILARITY`` counts."""

_SAMPLED_PAIRS = 4096


@dataclass(frozen=True)
class TwinGroup:
    """Images that show the same thing, two or more."""

    members: tuple[int, ...]
    """Positions of the images, in order."""
    num_contents: int
    """Different files among them, by their bytes; 1 where all are copies."""


def find_groups(contents: Sequence[str], thumbnails: Sequence[NDArray[np.int8] | None]) -> tuple[TwinGroup, ...]:
    """Group the images of one category that are copies or near duplicates of each other.

    Mirrored or rotated images are not twins. The order of the images does not matter. 2,000 images take about a
    second; memory is 15 KB for each image and a block of about 100 MB.

    Args:
        contents: A hash of each file's bytes.
        thumbnails: As `harness.datasets.near_duplicates.thumbnail` makes them; None for an image
            that has none, which is a twin of its copies only.

    Returns:
        Groups of two or more, by their first member. No image is in two.

    Raises:
        ValueError: ``contents`` and ``thumbnails`` differ in length.
    """
    if len(contents) != len(thumbnails):
        raise ValueError(f"expected one thumbnail for each of {len(contents)} contents, got {len(thumbnails)}.")
    # By content, so that the order of the images decides nothing.
    distinct = sorted(set(contents))
    number = {content: index for index, content in enumerate(distinct)}
    first_with = {content: image for content, image in zip(contents, thumbnails, strict=True) if image is not None}
    seen = [content for content in distinct if content in first_with]
    left_P, right_P = _twins([first_with[content] for content in seen])
    rows_S = np.array([number[content] for content in seen], np.intp)
    edges = coo_array(
        (np.ones(len(left_P), np.int32), (rows_S[left_P], rows_S[right_P])), shape=(len(distinct), len(distinct))
    )
    _, labels = connected_components(edges, directed=False)
    members: dict[int, list[int]] = {}
    for position, content in enumerate(contents):
        members.setdefault(int(labels[number[content]]), []).append(position)
    return tuple(
        TwinGroup(tuple(group), len({contents[position] for position in group}))
        for group in members.values()
        if len(group) > 1
    )


def _twins(thumbnails: Sequence[NDArray[np.int8]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if len(thumbnails) < 2:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    spectra_NHW = spectra(np.stack(thumbnails))
    left_P, right_P = candidate_pairs(spectra_NHW)
    are_twins_P = similarities(spectra_NHW, left_P, right_P) >= _threshold(spectra_NHW)
    return left_P[are_twins_P], right_P[are_twins_P]


def _threshold(spectra_NHW: NDArray[np.complex64]) -> float:
    """The similarity from which two images of this category are twins."""
    count = len(spectra_NHW)
    if count < MIN_FOR_SPREAD:
        return SURE_SIMILARITY
    if count * (count - 1) // 2 <= _SAMPLED_PAIRS:
        left_P, right_P = np.triu_indices(count, 1)
    else:
        rng = np.random.default_rng(0)
        left_P = rng.integers(count, size=_SAMPLED_PAIRS)
        right_P = (left_P + rng.integers(1, count, size=_SAMPLED_PAIRS)) % count
    z_P = np.arctanh(np.minimum(similarities(spectra_NHW, left_P, right_P), 1 - 1e-6))
    median, quartile = np.quantile(z_P, (0.5, 0.75))
    outlying = float(np.tanh(median + SPREADS_ABOVE_MEDIAN * (quartile - median)))
    return min(max(outlying, MIN_SIMILARITY), SURE_SIMILARITY)
