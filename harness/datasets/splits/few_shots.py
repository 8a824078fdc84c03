"""A few training images of a split, drawn by a seed."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from harness.datasets._base import Sample, Split
from harness.datasets.twins import Twins, in_groups
from harness.errors import DataError
from harness.phrasing import counted

_LEFT_OUT = "not one of the few training images that were drawn"


def few_shots(split: Split, shots: int, seed: int, name: str, twins: Iterable[Twins] = ()) -> Split:
    """A split with ``shots`` of its training images, and all of its test images.

    Draws of one seed are nested: the images of a smaller number are among those of a larger one. Twins of a drawn
    image come only after an image of each other group, because a second photograph of one thing shows little new.

    Args:
        split: What ``make_split`` returned.
        shots: 1 or more.
        seed: Decides the images.
        name: For the message, e.g. ``"mvtec_ad/bottle"``.
        twins: Groups of near duplicates; none where the split does not look for them.

    Raises:
        DataError: There are fewer training images.

    >>> images = tuple(Sample(f"{number}.png", None, None, False, "good") for number in range(9))
    >>> two, four = (few_shots(Split(train=images, test=()), shots, 0, "demo/tile").train for shots in (2, 4))
    >>> len(two), len(four), set(two) < set(four)
    (2, 4, True)
    """
    if len(split.train) < shots:
        raise DataError(
            f"{name}: expected at least {counted(shots, 'good training image')} for few-shot-{shots}, got "
            f"{len(split.train)}; ask for a smaller K."
        )
    groups = in_groups(split.train, twins)
    shuffled = [groups[place] for place in np.random.default_rng(seed).permutation(len(groups))]
    # A round takes one image of each group.
    rounds: list[Sample] = [sample for of_round in zip_longest(*shuffled) for sample in of_round if sample is not None]
    drawn = {sample.id for sample in rounds[:shots]}
    left_out = tuple((sample.id, _LEFT_OUT) for sample in split.train if sample.id not in drawn)
    return replace(
        split,
        train=tuple(sample for sample in split.train if sample.id in drawn),
        left_out=split.left_out + left_out,
        is_seeded=True,
    )
