"""From the places of all images to categories, each with the masks that are its own."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from harness.datasets.describing.guessed_category import GuessedCategory, Listing, guess_category
from harness.datasets.describing.mask_patterns import FoundMasks
from harness.datasets.describing.places import Place
from harness.datasets.describing.words import Word, words_in

ONLY_GOOD = (
    "good parts alone: 'bench fit' makes a detector of them, and 'bench search' can use them; 'bench run' needs "
    "something to test on"
)


def guess_categories(
    places: Mapping[PurePosixPath, Place], masks: FoundMasks, name: str
) -> tuple[list[GuessedCategory], list[str]]:
    """The categories, and why images are in none.

    Args:
        places: Every image that is no mask.
        masks: The others.
        name: Of the data set; also of a category without a name of its own.
    """
    by_category: defaultdict[tuple[str, ...], dict[PurePosixPath, Place]] = defaultdict(dict)
    for image, place in places.items():
        by_category[place.category][image] = place
    guessed, only_good, problems = [], [], []
    depth = _common_depth(by_category)
    is_all_good = not masks.files and _is_one_bare_folder(places, name)
    for parts, members in sorted(by_category.items()):
        category = "_".join(parts[depth:]) or name
        found = (
            _all_good(category, members)
            if is_all_good
            else _guess_with_nearest_masks(category, parts, members, masks, by_category)
        )
        if isinstance(found, str):
            problems.append(f"{'/'.join(parts) or 'top folder'}: {found}")
            continue
        reason = "folder " + "/".join(parts) if parts[depth:] else "no folder divides the images into categories"
        named = replace(found, reason=reason)
        if named.can_be_tested:
            guessed.append(named)
        else:
            only_good.append(replace(named, notes=(*named.notes, ONLY_GOOD)))
    if not guessed:
        return only_good, problems
    # Beside others such a category would stop every run.
    problems += [f"{category.name}: no defect to test on" for category in only_good]
    return guessed, problems


def _is_one_bare_folder(places: Mapping[PurePosixPath, Place], name: str) -> bool:
    """Whether all images lie directly in the folder, and neither its name nor theirs speaks of defects."""
    return Word.DEFECT not in words_in(name) and all(
        image.parent == PurePosixPath() and place.content is None and Word.DEFECT not in words_in(image.stem)
        for image, place in places.items()
    )


def _all_good(name: str, images: Iterable[PurePosixPath]) -> GuessedCategory:
    """A category of training images alone."""
    reason = "all images lie in this folder and no name says otherwise, so all are taken for good parts"
    return GuessedCategory(
        name=name,
        reason="",
        lists={"train_good": Listing(tuple(sorted(images)), reason)},
        defects={},
        masks=None,
        masks_reason="",
        no_mask_is_good=False,
        groups=None,
        train_share=None,
    )


def _common_depth(categories: Iterable[tuple[str, ...]]) -> int:
    """How many leading folders all categories share: wrappers, not names."""
    categories = list(categories)
    depth = 0
    while all(len(parts) > depth for parts in categories) and len({parts[depth] for parts in categories}) == 1:
        depth += 1
    return depth


def _guess_with_nearest_masks(
    name: str,
    parts: tuple[str, ...],
    members: Mapping[PurePosixPath, Place],
    masks: FoundMasks,
    categories: Collection[tuple[str, ...]],
) -> GuessedCategory | str:
    """A category with masks of its own folders, or else with masks of no category; never with another's."""
    owners = {mask: _owner(mask, categories) for mask in masks.files}
    own = frozenset(mask for mask, owner in owners.items() if owner == parts)
    found = guess_category(name, members, replace(masks, files=own))
    shared = frozenset(mask for mask, owner in owners.items() if not owner) - own
    if shared and (isinstance(found, str) or found.masks is None):
        with_shared = guess_category(name, members, replace(masks, files=own | shared))
        if not isinstance(with_shared, str) and with_shared.masks is not None:
            note = f"masks are taken from outside the folders of {name}; check that they belong to its images"
            return replace(with_shared, notes=(*with_shared.notes, note))
    return found


def _owner(mask: PurePosixPath, categories: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """The category whose folders a mask lies in; empty where it lies in those of none."""
    folders = mask.parent.parts
    owners = [parts for parts in categories if parts and _occur_in_order(parts, folders)]
    return max(owners, key=len, default=())


def _occur_in_order(parts: tuple[str, ...], folders: tuple[str, ...]) -> bool:
    remaining = iter(folders)
    return all(part in remaining for part in parts)
