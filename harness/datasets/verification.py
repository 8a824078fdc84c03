"""Reading a data set from end to end, to say what is wrong with it before anyone relies on it."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.datasets._base import Dataset, Sample, Split
from harness.datasets.empty_masks import MASK_THRESHOLD
from harness.datasets.layout import IMAGE_SUFFIXES
from harness.datasets.preflight import mask_problem
from harness.errors import DataError
from harness.images import largest_grey

_SEED = 0


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    file: str
    """Path below the data set's folder, or a category's name where no file is to blame."""
    problem: str


@dataclass(frozen=True)
class CategoryCount:
    """How many images a category has in each role, under seed 0."""

    category: str
    num_train: int
    num_test_good: int
    num_test_defect: int
    num_left_out: int


@dataclass(frozen=True)
class VerificationReport:
    """What reading every file of a data set showed."""

    dataset: str
    folder: Path
    num_files: int
    """Files decoded, images and masks together."""
    counts: tuple[CategoryCount, ...]
    left_out: tuple[tuple[str, str], ...]
    """``(sample id, reason)`` of images in no split; known of, and not findings."""
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(dataset: Dataset, root: Path) -> VerificationReport:
    """Decode every file; compare masks with images, counts with published ones, files with the layout.

    Damage is a finding, not an error, so one call shows all of it. Costs the decoding of everything:
    some seconds for a thousand images.

    Args:
        dataset: The data set to read.
        root: The data root.

    Raises:
        DataError: The data set is not there at all.
    """
    base = dataset.folder(root)
    findings: list[Finding] = []
    counts: list[CategoryCount] = []
    left_out: list[tuple[str, str]] = []
    files: set[Path] = set()
    samples: list[Sample] = []
    for category in dataset.categories(root):
        try:
            files.update(dataset.files(root, category))
            split = dataset.split(root, category, _SEED)
        except DataError as error:
            findings.append(Finding(category, str(error)))
            continue
        counts.append(_count(category, split))
        left_out += split.left_out
        samples += [*split.train, *split.test]
        findings += _unlike_published(dataset, category, split)
    missing = [name for name in dataset.info.counts if name not in dataset.categories(root)]
    findings += [Finding(name, "this published category is not here") for name in missing]
    images = sorted(path for path in files if path.suffix.lower() in IMAGE_SUFFIXES)
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="verify") as executor:
        decoded = dict(zip(images, executor.map(_decode, images), strict=True))
    findings += [Finding(_below(base, path), seen) for path, seen in decoded.items() if isinstance(seen, str)]
    for sample in samples:
        problem = _mask_problem(sample, decoded)
        if problem:
            findings.append(Finding(sample.id, problem))
    findings += _unexpected(base, files)
    return VerificationReport(
        dataset=dataset.info.name,
        folder=base,
        num_files=len(images),
        counts=tuple(counts),
        left_out=tuple(left_out),
        findings=tuple(findings),
    )


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


def _decode(path: Path) -> int | str:
    """The largest grey value of a file, or what is wrong with it."""
    try:
        return largest_grey(path)
    except DataError as error:
        return str(error).removeprefix(f"{path}: ")


def _mask_problem(sample: Sample, decoded: Mapping[Path, int | str]) -> str | None:
    problem = mask_problem(sample)
    if problem or not sample.masks:
        return problem
    threshold = sample.mask_threshold(MASK_THRESHOLD)
    brightest = [decoded[mask] for mask in sample.masks]
    greys = [grey for grey in brightest if isinstance(grey, int)]
    if len(greys) < len(brightest) or max(greys) > threshold:
        return None
    return f"a defect with an empty mask: no grey value is above {threshold}, the largest is {max(greys)}"


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
