"""Reading a data set from end to end, to say what is wrong with it before anyone relies on it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from harness.config import Protocol
from harness.datasets._base import Dataset, HoldsPrivateImages, Sample, Split
from harness.datasets.empty_masks import MASK_THRESHOLD
from harness.datasets.image_facts import ImageFacts, image_facts
from harness.datasets.image_folders import IMAGE_SUFFIXES
from harness.datasets.preflight import mask_problem
from harness.datasets.splits import check_split_name, make_split
from harness.datasets.twins import Twins, find_twins, samples_of
from harness.datasets.vanished_masks import vanished_masks
from harness.datasets.verification_report import (
    CategoryCount,
    CategoryImages,
    CategoryTwins,
    Finding,
    PartialMasks,
    SplitTwins,
    VerificationReport,
)
from harness.errors import DataError
from harness.records import PUBLISHED_SPLIT

_SEED = 0

Progress = Callable[[str, int, int], None]
"""Told the data set, how many of its files are read, and of how many."""


def verify(
    dataset: Dataset,
    root: Path,
    split_name: str = PUBLISHED_SPLIT,
    categories: Sequence[str] | None = None,
    on_progress: Progress | None = None,
) -> VerificationReport:
    """Decode every file, check masks, counts and stray files, and look for images that show the same thing.

    Each file is decoded once, in threads, and remembered until it changes: about 300 files of 0.1
    megapixels a second on two cores, and the second time ten times as many.

    Args:
        dataset: The data set to read.
        root: The data root.
        split_name: The split, under seed 0, whose two sides are searched for twins; see `make_split`.
        categories: None for all. Categories and files that are missing or left over are reported only where all
            are verified.
        on_progress: Called after each file.

    Raises:
        DataError: The data set is not there at all.
        UnknownNameError: No such split.
        SettingsError: The split's name or manifest is wrong.
    """
    check_split_name(split_name)
    base = dataset.folder(root)
    in_place = dataset.categories(root)
    findings: list[Finding] = []
    files: dict[str, tuple[Path, ...]] = {}
    for category in in_place if categories is None else categories:
        try:
            files[category] = dataset.files(root, category)
        except DataError as error:
            findings.append(Finding(category, str(error)))
    private = {category: _private(dataset, root, category) for category in files}
    known = {path for paths in files.values() for path in paths}
    known |= {path for sets in private.values() for paths in sets.values() for path in paths}
    images_there = (path for path in known if path.suffix.lower() in IMAGE_SUFFIXES)
    looked_at = _look_at(dataset.info.name, images_there, on_progress)
    findings += _damaged(base, looked_at)
    counts: list[CategoryCount] = []
    images: list[CategoryImages] = []
    twins: list[CategoryTwins] = []
    left_out: list[tuple[str, str]] = []
    vanished: list[tuple[str, str]] = []
    partial: list[PartialMasks] = []
    for category in files:
        findings += _unlike_private_counts(dataset, category, private[category])
        try:
            split = make_split(dataset, root, category, _SEED, split_name)
            samples = samples_of(dataset, root, category)
            present = [sample for sample in samples if sample.image.is_file()]
            groups = find_twins(present)
            # A description may give masks any suffix.
            unlisted = {mask for sample in samples for mask in sample.masks if mask.is_file()} - looked_at.keys()
            masks = _look_at(dataset.info.name, unlisted, None)
            findings += _damaged(base, masks)
            looked_at |= masks
            vanished += [(category, sample_id) for sample_id in _vanished(split, looked_at)]
        except DataError as error:
            findings.append(Finding(category, str(error)))
            continue
        counts.append(_count(category, split))
        left_out += split.left_out
        if split_name == PUBLISHED_SPLIT:
            findings += _unlike_published(dataset, category, split)
        for sample in samples:
            problem = _mask_problem(sample, looked_at)
            if problem:
                findings.append(Finding(sample.id, problem))
        partial += _partial_masks(category, samples, looked_at)
        images += _images_of(category, [looked_at[sample.image] for sample in present if sample.image in looked_at])
        twins.append(_twins_of(category, split, groups))
    if categories is None or set(categories) == set(in_place):
        missing = [name for name in dataset.info.counts if name not in in_place]
        findings += [Finding(name, "this published category is not here") for name in missing]
        findings += _unexpected(base, known)
    return VerificationReport(
        dataset=dataset.info.name,
        folder=base,
        split=split_name,
        num_files=len(looked_at),
        counts=tuple(counts),
        images=tuple(images),
        twins=tuple(twins),
        left_out=tuple(left_out),
        vanished=tuple(vanished),
        partial_masks=tuple(partial),
        findings=tuple(findings),
    )


def _look_at(name: str, files: Iterable[Path], on_progress: Progress | None) -> dict[Path, ImageFacts]:
    paths = sorted(files)
    broken = [path for path in paths if not path.is_file()]
    present = [path for path in paths if path.is_file()]
    facts = image_facts(present, (lambda done, total: on_progress(name, done, total)) if on_progress else None)
    nowhere = ImageFacts("", "is not there, or is a link that leads nowhere.")
    return dict(sorted((dict(zip(present, facts, strict=True)) | dict.fromkeys(broken, nowhere)).items()))


def _damaged(base: Path, looked_at: Mapping[Path, ImageFacts]) -> list[Finding]:
    return [Finding(_below(base, path), facts.problem) for path, facts in looked_at.items() if facts.problem]


def _images_of(category: str, facts: Iterable[ImageFacts]) -> list[CategoryImages]:
    sound = [known for known in facts if known.problem is None]
    if not sound:
        return []
    heights, widths = zip(*(known.size_px for known in sound), strict=True)
    return [
        CategoryImages(
            category=category,
            modes=tuple(Counter(known.mode for known in sound).most_common()),
            height_px=(min(heights), max(heights)),
            width_px=(min(widths), max(widths)),
            num_sizes=len({known.size_px for known in sound}),
        )
    ]


def _twins_of(category: str, split: Split, groups: Sequence[Twins]) -> CategoryTwins:
    train = {sample.id for sample in split.train}
    test = {sample.id: sample.is_defect for sample in split.test}
    divided = tuple(
        SplitTwins(
            train=tuple(i for i in group.ids if i in train),
            test=tuple(i for i in group.ids if i in test),
            left_out=tuple(i for i in group.ids if i not in train and i not in test),
            are_copies=group.are_copies,
            confidence=group.confidence,
        )
        for group in groups
    )
    leaked = [test[sample_id] for group in divided if group.crosses for sample_id in group.test]
    return CategoryTwins(
        category=category,
        groups=divided,
        num_train_with_twin_in_train=sum(len(group.train) for group in divided if len(group.train) > 1),
        num_test_good_with_twin_in_train=len(leaked) - sum(leaked),
        num_test_defect_with_twin_in_train=sum(leaked),
    )


def _vanished(split: Split, looked_at: Mapping[Path, ImageFacts]) -> tuple[str, ...]:
    """Under the default protocol; nothing where no size is known, or where a mask is not there."""
    facts = [looked_at[sample.image] for sample in split.train if sample.image in looked_at]
    aspects = [height / width for height, width in (known.size_px for known in facts if known.problem is None)]
    if not aspects:
        return ()
    size_px = Protocol().size_for(median(aspects))
    there = [sample for sample in split.test if all(mask.is_file() for mask in sample.masks)]
    return vanished_masks(there, [size_px] * len(there), MASK_THRESHOLD)


def _count(category: str, split: Split) -> CategoryCount:
    num_defect = sum(sample.is_defect for sample in split.test)
    return CategoryCount(category, len(split.train), len(split.test) - num_defect, num_defect, len(split.left_out))


def _unlike_published(dataset: Dataset, category: str, split: Split) -> list[Finding]:
    published = dataset.info.counts.get(category)
    if published is None:
        return []
    found = {"training": len(split.train), "test": len(split.test)}
    return [
        Finding(category, f"{count} {role} images, where {expected} were published")
        for (role, count), expected in zip(found.items(), published, strict=True)
        if count != expected
    ]


def _private(dataset: Dataset, root: Path, category: str) -> dict[str, tuple[Path, ...]]:
    return dataset.private_images(root, category) if isinstance(dataset, HoldsPrivateImages) else {}


def _unlike_private_counts(dataset: Dataset, category: str, private: Mapping[str, Sequence[Path]]) -> list[Finding]:
    """A private set that is not there at all is no fault: no result needs it."""
    published = dataset.private_counts.get(category) if isinstance(dataset, HoldsPrivateImages) else None
    return [
        Finding(category, f"{len(paths)} images in {name}, where {published} were published")
        for name, paths in private.items()
        if paths and published is not None and len(paths) != published
    ]


def _partial_masks(
    category: str, samples: Iterable[Sample], looked_at: Mapping[Path, ImageFacts]
) -> list[PartialMasks]:
    masks = {mask for sample in samples if not sample.masks_hold_labels for mask in sample.masks}
    facts = [looked_at[mask] for mask in masks if mask in looked_at and looked_at[mask].problem is None]
    partial = [known for known in facts if any(known.num_between)]
    if not partial:
        return []
    return [
        PartialMasks(
            category=category,
            num_masks=len(partial),
            num_masks_in_all=len(facts),
            num_pixels_below=sum(known.num_between[0] for known in partial),
            num_pixels_above=sum(known.num_between[1] for known in partial),
            num_pixels_full=sum(known.num_full for known in facts),
        )
    ]


def _mask_problem(sample: Sample, looked_at: Mapping[Path, ImageFacts]) -> str | None:
    problem = mask_problem(sample)
    if problem or not sample.masks:
        return problem
    threshold = sample.mask_threshold(MASK_THRESHOLD)
    masks = [looked_at[mask] for mask in sample.masks]
    if any(mask.problem is not None for mask in masks):
        return None
    smallest, largest = min(mask.greys[0] for mask in masks), max(mask.greys[1] for mask in masks)
    if largest <= threshold:
        return f"a defect with an empty mask: no grey value is above {threshold}, the largest is {largest}"
    if len(masks) == 1 and smallest > threshold:
        return f"a mask that is full: every grey value is above {threshold}, the smallest is {smallest}"
    return None


def _unexpected(base: Path, files: Iterable[Path]) -> list[Finding]:
    """Image files that belong to no category; a folder full of them counts once."""
    known = set(files)
    known_folders = {path.parent for path in known}
    strays: dict[Path, list[Path]] = {}
    for path in sorted(base.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(base).parts)
        if path.suffix.lower() in IMAGE_SUFFIXES and path not in known and not is_hidden:
            strays.setdefault(path.parent, []).append(path)
    findings: list[Finding] = []
    for folder, paths in strays.items():
        if folder in known_folders:
            findings += [Finding(_below(base, path), "belongs to no category") for path in paths]
        else:
            findings.append(Finding(_below(base, folder) + "/", f"{len(paths)} images that belong to no category"))
    return findings


def _below(base: Path, path: Path) -> str:
    return path.relative_to(base).as_posix()
