"""Groups of images that show one thing, from pairs that are far more alike than those of their category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.datasets.near_duplicates import look_alikes, sequence
from harness.datasets.near_duplicates.alignment import aligned_similarities
from harness.datasets.near_duplicates.candidates import candidate_pairs
from harness.datasets.near_duplicates.chains import joined
from harness.datasets.near_duplicates.correlation import similarities, spectra
from harness.datasets.near_duplicates.unshared import unshared_neighbours

VERSION = 1
"""Raised when the same images would form other groups."""

MIN_SIMILARITY = 0.40
"""Thumbnails below this are never twins. On MTD's normal tiles, different tiles reach .33; of the exposures of one
tile, one pair in 500 lies below .40 and is connected through other pairs of its group."""
SURE_SIMILARITY = 0.99
"""Of thumbnails. Among few images, only copies and photographs that were saved again are above this."""
SPREADS_ABOVE_MEDIAN = 10.0
"""How far above the similarities of the category's parts the twins of a sequence lie, on Fisher's z scale and in units
of their upper quartile less their median. Different parts have reached 8.4 among generated and 9.1 among KSDD's
images; MTD's exposures of one tile begin at 18."""
MIN_FOR_SPREAD = 24
"""Different files a category needs to have look-alikes of its own; with fewer, only ``SURE_SIMILARITY`` counts."""

_SAMPLED_PAIRS = 4096
_COMPARED_IN_DETAIL = 4
"""Neighbours of each image by thumbnail, and as many by what is not shared."""


@dataclass(frozen=True)
class TwinGroup:
    """Images that show the same thing, two or more."""

    members: tuple[int, ...]
    """Positions of the images, in order."""
    num_contents: int
    """Different files among them, by their bytes; 1 where all are copies."""
    confidence: float = 1.0
    """That the least alike pair that joins the group is one of twins, a fraction; 1 for copies."""


@dataclass(frozen=True)
class _Pairs:
    """Rows of the two sides, and how sure it is that they are twins."""

    left_P: NDArray[np.intp]
    right_P: NDArray[np.intp]
    confidence_P: NDArray[np.float64]

    def above(self, least: float) -> "_Pairs":
        are_above_P = self.confidence_P >= least
        return _Pairs(self.left_P[are_above_P], self.right_P[are_above_P], self.confidence_P[are_above_P])


def find_groups(
    contents: Sequence[str],
    thumbnails: Sequence[NDArray[np.int8] | None],
    details: Sequence[NDArray[np.int8] | None],
) -> tuple[TwinGroup, ...]:
    """Group the images of one category that are copies or near duplicates of each other.

    A pair is one of twins where it is more alike than an image and its best look-alike are in this category, with a
    confidence of .99, in its thumbnails or in detail; or where the alike images of the category follow each other, with
    one of .9. Mirrored or rotated images are not twins. The time grows with the number of images, but for a
    product of matrices; see ``benchmarks/verify_speed.py``.

    Args:
        contents: A hash of each file's bytes, in the order of the category; the order decides only whether the
            images are a sequence.
        thumbnails: As `harness.datasets.near_duplicates.thumbnail` makes them; None for an image
            that has none, which is a twin of its copies only.
        details: As `harness.datasets.near_duplicates.detail` makes them; None where the thumbnail is.

    Returns:
        Groups of two or more, by their first member. No image is in two.

    Raises:
        ValueError: ``contents``, ``thumbnails`` and ``details`` differ in length.
    """
    if not len(contents) == len(thumbnails) == len(details):
        raise ValueError(
            f"expected a thumbnail and a detail for each of {len(contents)} contents, got {len(thumbnails)} and "
            f"{len(details)}."
        )
    positions: dict[str, list[int]] = {}
    for position, content in enumerate(contents):
        positions.setdefault(content, []).append(position)
    # By content, so that the order of the images decides nothing else.
    distinct = sorted(positions)
    seen = [row for row, content in enumerate(distinct) if thumbnails[positions[content][0]] is not None]
    firsts = [positions[distinct[row]][0] for row in seen]
    twins = _twins(
        [small for first in firsts if (small := thumbnails[first]) is not None],
        [small for first in firsts if (small := details[first]) is not None],
        np.argsort(np.argsort(firsts)),
    )
    rows_S = np.array(seen, np.intp)
    groups = joined(len(distinct), rows_S[twins.left_P], rows_S[twins.right_P], twins.confidence_P)
    in_groups = {row for rows, _ in groups for row in rows}
    groups += [([row], 1.0) for row, content in enumerate(distinct) if row not in in_groups]
    found = [
        TwinGroup(tuple(sorted(p for row in rows for p in positions[distinct[row]])), len(rows), confidence)
        for rows, confidence in groups
    ]
    return tuple(sorted((group for group in found if len(group.members) > 1), key=lambda group: group.members))


def _twins(
    thumbnails: Sequence[NDArray[np.int8]], details: Sequence[NDArray[np.int8]], places_N: NDArray[np.intp]
) -> _Pairs:
    count = len(thumbnails)
    if count < 2:
        return _Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))
    spectra_NHW = spectra(np.stack(thumbnails))
    candidates = candidate_pairs(spectra_NHW)
    if count < MIN_FOR_SPREAD:
        return _Pairs(*candidates, similarities(spectra_NHW, *candidates)).above(SURE_SIMILARITY)
    near_NK = unshared_neighbours(spectra_NHW)
    left_P, right_P = _each_once(count, candidates, _pairs_of(near_NK))
    similarity_P = similarities(spectra_NHW, left_P, right_P)
    are_possible_P = similarity_P >= MIN_SIMILARITY
    confidence_P = look_alikes.confidences(count, left_P, right_P, similarity_P)
    by_thumbnail = _Pairs(left_P, right_P, confidence_P * are_possible_P)
    # Slow waves of a sequence agree as well.
    in_sequence = np.isin(left_P * count + right_P, candidates[0] * count + candidates[1])
    in_sequence &= similarity_P >= _far_above_random(spectra_NHW)
    sure = sequence.sequence_confidence(count, places_N[left_P[in_sequence]], places_N[right_P[in_sequence]])
    by_sequence = _Pairs(left_P[in_sequence], right_P[in_sequence], np.full(in_sequence.sum(), sure))
    alike_NK = _nearest(count, left_P, right_P, similarity_P)
    left_P, right_P = _each_once(count, alike_NK, _pairs_of(near_NK[:, :_COMPARED_IN_DETAIL]))
    are_possible_P = similarities(spectra_NHW, left_P, right_P) >= MIN_SIMILARITY
    by_detail = [
        _Pairs(left_P, right_P, look_alikes.confidences(count, left_P, right_P, alike_P) * are_possible_P)
        for alike_P in aligned_similarities(details, left_P, right_P)
    ]
    sure_pairs = [pairs.above(look_alikes.CONFIDENCE) for pairs in (by_thumbnail, *by_detail)]
    return _surest(count, [*sure_pairs, by_sequence.above(sequence.CONFIDENCE)])


def _pairs_of(near_NK: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows_NK = np.broadcast_to(np.arange(len(near_NK))[:, None], near_NK.shape)
    return np.minimum(rows_NK, near_NK).ravel(), np.maximum(rows_NK, near_NK).ravel()


def _each_once(
    num_images: int, *pairs: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    codes = np.unique(np.concatenate([left_P * num_images + right_P for left_P, right_P in pairs]))
    left_P, right_P = np.divmod(codes, num_images)
    return left_P, right_P


def _nearest(
    num_images: int, left_P: NDArray[np.intp], right_P: NDArray[np.intp], similarity_P: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs in which one is among the most alike of the other."""
    images, pairs = np.concatenate([left_P, right_P]), np.tile(np.arange(len(left_P)), 2)
    order = np.lexsort((-similarity_P[pairs], images))
    images, pairs = images[order], pairs[order]
    ranks = np.arange(len(images)) - np.searchsorted(images, images)
    chosen = np.unique(pairs[ranks < _COMPARED_IN_DETAIL])
    return left_P[chosen], right_P[chosen]


def _surest(num_images: int, found: Sequence[_Pairs]) -> _Pairs:
    """Each pair once, with its highest confidence."""
    codes_P = np.concatenate([pairs.left_P * num_images + pairs.right_P for pairs in found])
    codes, places_P = np.unique(codes_P, return_inverse=True)
    confidences = np.zeros(len(codes))
    np.maximum.at(confidences, places_P, np.concatenate([pairs.confidence_P for pairs in found]))
    left_P, right_P = np.divmod(codes, num_images)
    return _Pairs(left_P, right_P, confidences)


def _far_above_random(spectra_NHW: NDArray[np.complex64]) -> float:
    """The similarity from which thumbnails of a sequence are twins."""
    count = len(spectra_NHW)
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
