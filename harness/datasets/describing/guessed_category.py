"""From the places of one category's images to the lists of its description."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.datasets.describing.image_bins import ImageBins
from harness.datasets.describing.mask_patterns import FoundMasks, LabelledImage, find_pattern
from harness.datasets.describing.places import Place
from harness.datasets.describing.words import Word
from harness.datasets.folder.folder_dataset import MIXED_KIND
from harness.datasets.folder.folder_description import DEFAULT_TRAIN_SHARE

_SHARE_WITH_LOST_DEFECTS = 0.5
"""Of the items; the defects of those that train are lost to the test, so half must stay."""
_MIN_MASKED_SHARE = 0.5
"""A pattern that finds masks of fewer defects than this is taken for chance."""

Images = tuple[PurePosixPath, ...]


@dataclass(frozen=True)
class Listing:
    """Images of one list, with the reason for it."""

    images: Images
    reason: str


@dataclass(frozen=True)
class GuessedCategory:
    """One category as it will be written."""

    name: str
    reason: str
    lists: dict[str, Listing]
    """``train_good`` and so on, as in ``dataset.toml``; never empty."""
    defects: dict[str, Listing]
    """Kind to images."""
    masks: str | None
    masks_reason: str
    no_mask_is_good: bool
    groups: str | None
    train_share: float | None
    """None where the parts are divided already."""
    notes: tuple[str, ...] = ()

    @property
    def can_be_tested(self) -> bool:
        """Whether there is a defect, or a mask that may show one."""
        return bool(self.defects or {"mixed", "test_mixed"} & set(self.lists))


def guess_category(name: str, members: Mapping[PurePosixPath, Place], masks: FoundMasks) -> GuessedCategory | str:
    """A category, or why these images are none.

    Args:
        name: Of the category.
        members: Its images, without masks.
        masks: Those that may be of these images.
    """
    bins = ImageBins.of(members)
    bins.use_validation()
    unknown = [LabelledImage(image, MIXED_KIND) for images in bins.unknown.values() for image in images]
    mixed_pattern, num_masked = find_pattern(unknown, masks.files)
    mixed: dict[Word | None, list[PurePosixPath]] = {}
    if mixed_pattern is not None:
        mixed = {part: bins.unknown[part] for part in list(bins.unknown)}
        bins.unknown.clear()
    good_reason = bins.use_unknown()
    lists, is_divided = _lists(bins, mixed, good_reason)
    defects = _defects(bins, keep_train=not is_divided)
    if not lists:
        return f"{len(members)} images, and nothing says which of them are normal"
    if not defects and not {"mixed", "test_mixed"} & set(lists):
        lists, is_divided = _all_training(lists), True
    labelled = [LabelledImage(image, kind) for kind, listing in defects.items() for image in listing.images]
    pattern, num_found = find_pattern([*labelled, *(unknown if mixed else [])], masks.files)
    num_wanted = len(labelled) + (num_masked if mixed else 0)
    if pattern is not None and num_found < _MIN_MASKED_SHARE * num_wanted:
        pattern = None
    if mixed and pattern is None:
        pattern = mixed_pattern
    lacking = num_wanted - num_found if pattern is not None else 0
    if lacking > 0:
        bins.notes.append(f"{lacking} defect images have no mask; bring the masks, or take the images out")
    if pattern is None and masks.files and labelled:
        bins.notes.append("no rule leads from the names of defect images to the names of masks; image metrics only")
    groups, train_share = (None, None) if is_divided else _division(members, lists, defects)
    return GuessedCategory(
        name=name,
        reason="",
        lists=lists,
        defects=defects,
        masks=pattern,
        masks_reason=masks.reason,
        no_mask_is_good=bool(mixed) and num_masked < len(unknown),
        groups=groups,
        train_share=train_share,
        notes=tuple(bins.notes),
    )


def _lists(
    bins: ImageBins, mixed: Mapping[Word | None, list[PurePosixPath]], good_reason: str
) -> tuple[dict[str, Listing], bool]:
    """Images by the key of ``dataset.toml``, and whether training and test are divided."""
    by_word = good_reason or "folder or file names with a word for good parts"
    by_mask = "normal or defect as their masks say"
    good = {part: list(images) for part, images in bins.good.items() if images}
    has_test_normal = bool(good.get(Word.TEST) or mixed.get(Word.TEST))
    if has_test_normal and None in good:
        good[Word.TRAIN] = good.get(Word.TRAIN, []) + good.pop(None)
    has_train = bool(good.get(Word.TRAIN) or mixed.get(Word.TRAIN))
    if has_train and has_test_normal:
        if mixed.get(None):
            bins.notes.append(f"{len(mixed[None])} images in neither the training nor the test part are left aside")
        chosen = {
            "train_good": (good.get(Word.TRAIN, []), by_word),
            "train_mixed": (mixed.get(Word.TRAIN, []), by_mask),
            "test_good": (good.get(Word.TEST, []), by_word),
            "test_mixed": (mixed.get(Word.TEST, []), by_mask),
        }
    else:
        chosen = {
            "good": ([image for images in good.values() for image in images], by_word),
            "mixed": ([image for images in mixed.values() for image in images], by_mask),
        }
    lists = {key: Listing(tuple(sorted(images)), why) for key, (images, why) in chosen.items() if images}
    return lists, has_train and has_test_normal


def _all_training(lists: Mapping[str, Listing]) -> dict[str, Listing]:
    images = sorted(image for listing in lists.values() for image in listing.images)
    return {"train_good": Listing(tuple(images), next(iter(lists.values())).reason)}


def _defects(bins: ImageBins, *, keep_train: bool) -> dict[str, Listing]:
    by_kind: defaultdict[str, list[PurePosixPath]] = defaultdict(list)
    num_aside = 0
    for (part, kind), images in sorted(bins.defects.items(), key=lambda entry: entry[0][1]):
        if part is Word.TRAIN and not keep_train:
            num_aside += len(images)
        else:
            by_kind[kind] += images
    if num_aside:
        bins.notes.append(f"{num_aside} defect images of the training part are left aside")
    return {kind: Listing(tuple(sorted(images)), "") for kind, images in by_kind.items()}


def _division(
    members: Mapping[PurePosixPath, Place], lists: Mapping[str, Listing], defects: Mapping[str, Listing]
) -> tuple[str | None, float]:
    """The expression that finds an image's item, if folders of items were seen, and the share that trains."""
    pooled: Sequence[PurePosixPath] = [
        image for listing in (*lists.values(), *defects.values()) for image in listing.images
    ]
    depths = {members[image].item_depth for image in pooled}
    depth = depths.pop() if len(depths) == 1 else None
    if depth is None:
        return None, DEFAULT_TRAIN_SHARE
    groups = "^([^/]+)/" if depth == 1 else f"^((?:[^/]+/){{{depth - 1}}}[^/]+)/"
    assert all(re.search(groups, image.as_posix()) for image in pooled)
    return groups, _SHARE_WITH_LOST_DEFECTS
