"""Splits that are made worse on purpose: corrupted test images, defects among the training images."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.datasets._base import Sample, Split
from harness.datasets.twins import groups_of_images
from harness.errors import DataError
from harness.images import Corruption
from harness.plan import Cell


def disturbed(split: Split, cell: Cell) -> Split:
    """A split as a cell wants it: as it is, contaminated, corrupted, or both.

    Args:
        split: What ``limited`` returned. If the cell is contaminated, every image is read once to tell near duplicates.
        cell: Decides what is done, and with its seed what is drawn.

    Raises:
        DataError: There are too few images to contaminate the training set.
    """
    if cell.contaminate is not None:
        groups = groups_of_images((*split.train, *split.test))
        split = contaminated(split, cell.contaminate, cell.seed, groups, f"{cell.dataset}/{cell.category}")
    return split if cell.corrupt is None else corrupted(split, cell.corrupt, cell.seed)


def corrupted(split: Split, corrupt: str, seed: int) -> Split:
    """A split whose test images are corrupted; training images stay as they are.

    Args:
        split: What ``make_split`` returned.
        corrupt: ``NAME:SEVERITY``.
        seed: Of the cell; with an image's id it decides what is drawn.
    """
    test = (replace(sample, corruption=Corruption.of(corrupt, seed, sample.id)) for sample in split.test)
    return replace(split, test=tuple(test))


def contaminated(split: Split, share: float, seed: int, groups: Mapping[str, str], name: str) -> Split:
    """A split with defect images of its test set among its training images.

    Whole groups of near duplicates are drawn, so that no twin of a training image is tested. A larger share has the
    images of a smaller one and more.

    Args:
        split: What ``make_split`` returned.
        share: Of the training set that is defect images, in (0, 1).
        seed: Of the draw.
        groups: Of ``groups_of_images``: image to what its near duplicates have in common.
        name: For the message, e.g. ``"mvtec_ad/bottle"``.

    Raises:
        DataError: The share is less than one image, or takes all defect images or all good ones with their twins.
    """
    count = round(share / (1 - share) * len(split.train))
    defects = sorted((sample for sample in split.test if sample.is_defect), key=lambda sample: sample.id)
    of_group: dict[str, list[Sample]] = {}
    for sample in defects:
        of_group.setdefault(groups[sample.id], []).append(sample)
    names = list(of_group)
    order = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    drawn = [sample for group in order for sample in of_group[group]][:count]
    touched, ids = {groups[sample.id] for sample in drawn}, {sample.id for sample in drawn}
    test = tuple(sample for sample in split.test if groups[sample.id] not in touched)
    if not drawn or len({sample.is_defect for sample in test}) < 2:
        raise DataError(
            f"{name}: --contaminate {share:g} adds {count} of {len(defects)} defect images to {len(split.train)} "
            "training images; expected at least 1, with good and defect images left to test on that are no near "
            "duplicates of them."
        )
    twins = (sample.id for sample in split.test if groups[sample.id] in touched and sample.id not in ids)
    return replace(
        split,
        train=(*split.train, *drawn),
        test=test,
        left_out=(*split.left_out, *((twin, "near duplicate of a contaminating image") for twin in twins)),
    )
