"""Scores of good images from a detector that was not fitted on them, from which thresholds are set."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from harness.bundles import HeldOutScore
from harness.config.protocol import Protocol
from harness.framing import whole_images
from harness.images import ImageSet
from harness.methods.base import FitReport, Method

MIN_FITTED = 4
"""Images that every method needs."""


def divide(groups: Sequence[str], num_parts: int, seed: int) -> list[list[int]]:
    """Divide images into parts of about equal size; images of one group stay together.

    Args:
        groups: The group of each image.
        num_parts: How many.
        seed: Decides the order.

    Returns:
        The sorted positions of each part.

    >>> divide(["a", "a", "b", "c"], 2, seed=0)
    [[0, 1], [2, 3]]
    """
    parts: list[list[int]] = [[] for _ in range(num_parts)]
    # The largest first and each into the emptiest part, so that the parts stay about equal.
    for positions in sorted(_shuffled(groups, seed), key=len, reverse=True):
        min(parts, key=len).extend(positions)
    return [sorted(part) for part in parts]


def hold_out(groups: Sequence[str], share: float, seed: int) -> list[int]:
    """Positions of whole groups that hold at least this share of the images; none if it is 0.

    >>> len(hold_out(["a", "b", "c", "d"], 0.25, seed=0))
    1
    """
    chosen: list[int] = []
    for positions in _shuffled(groups, seed):
        if len(chosen) >= share * len(groups) - 1e-9:
            break
        chosen += positions
    return sorted(chosen)


def whole(images: ImageSet, chosen: Iterable[int]) -> ImageSet:
    """Some images of a set with all of their views, by their positions among the images."""
    of_images = images.images()
    return images.select(row for image in chosen for row in of_images[image])


def held_out_scores(
    method: Method, images: ImageSet, groups: Sequence[str], protocol: Protocol
) -> Iterator[HeldOutScore]:
    """What a fitted method says of images that it was not fitted on.

    Args:
        method: Fitted.
        images: Good images, whole or in views.
        groups: The group of each image.
        protocol: Decides the score.
    """
    judged = whole_images(method.score(images), images, protocol)
    for (map_YX, score), rows, group in zip(judged, images.images(), groups, strict=True):
        yield HeldOutScore(
            image=images.ids[rows[0]],
            group=group,
            score=score,
            map_max=float(map_YX.max()),
            map_mean=float(map_YX.mean(dtype=np.float64)),
            map_sd=float(map_YX.std(dtype=np.float64)),
        )


def folded_scores(
    make: Callable[[], Method],
    images: ImageSet,
    groups: Sequence[str],
    protocol: Protocol,
    *,
    folds: int,
    seed: int,
    report: Callable[[int], FitReport],
) -> list[HeldOutScore]:
    """Scores of all good images, each from the one of ``folds`` detectors that was not fitted on its group.

    The detectors are fitted on fewer images than the one that is kept, so their scores are a little too high rather
    than too low.

    Args:
        make: Makes a method that is not fitted.
        images: Good images, whole or in views.
        groups: The group of each image.
        protocol: Decides the score.
        folds: At least 2.
        seed: Decides the folds.
        report: Given the number of a fold, returns what its fit reports to.
    """
    scores: list[HeldOutScore] = []
    for number, held_out in enumerate(divide(groups, folds, seed)):
        method = make()
        method.fit(whole(images, sorted(set(range(len(groups))) - set(held_out))), report(number))
        scores += held_out_scores(method, whole(images, held_out), [groups[image] for image in held_out], protocol)
    return sorted(scores, key=lambda each: each.image)


def _shuffled(groups: Sequence[str], seed: int) -> list[list[int]]:
    """The positions of each group, the groups in an order that the seed decides."""
    members: dict[str, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    positions = list(members.values())
    return [positions[place] for place in np.random.default_rng(seed).permutation(len(positions))]
