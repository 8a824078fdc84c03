"""A few images of a split, for a run that only shows whether everything works."""

from collections.abc import Sequence
from dataclasses import replace

from harness.datasets._base import Sample, Split

_LEFT_OUT = "beyond the limit of the run"


def limited(split: Split, limit: int | None) -> Split:
    """A split with at most ``limit`` training, normal test, defect test and validation images each.

    Those that stay are evenly spaced over the sorted ids, so that several kinds of defect are among them. Equal
    splits and limits give equal images, in the order of the split.

    Args:
        split: What ``make_split`` returned.
        limit: 1 or more; None keeps every image.

    >>> images = [Sample(f"{number}.png", None, None, False, "good") for number in range(10)]
    >>> [sample.id for sample in limited(Split(train=tuple(images[:6]), test=tuple(images[6:])), 2).train]
    ['0.png', '3.png']
    """
    if limit is None:
        return split
    parts = (
        split.train,
        [sample for sample in split.test if not sample.is_defect],
        [sample for sample in split.test if sample.is_defect],
        split.validation,
    )
    kept = {sample_id for part in parts for sample_id in _spaced(part, limit)}
    beyond = tuple((sample.id, _LEFT_OUT) for sample in (*split.train, *split.test) if sample.id not in kept)
    return replace(
        split,
        train=tuple(sample for sample in split.train if sample.id in kept),
        test=tuple(sample for sample in split.test if sample.id in kept),
        left_out=split.left_out + beyond,
        validation=tuple(sample for sample in split.validation if sample.id in kept),
    )


def _spaced(samples: Sequence[Sample], limit: int) -> list[str]:
    ids = sorted(sample.id for sample in samples)
    count = min(limit, len(ids))
    return [ids[number * len(ids) // count] for number in range(count)]
