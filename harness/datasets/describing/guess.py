"""Write the description of an unknown folder, and read it back as a check."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.atomic_files import unfinished_file
from harness.datasets import DATASETS
from harness.datasets.archives.recognition import recognise
from harness.datasets.describing.guessed_categories import guess_categories
from harness.datasets.describing.guessed_category import GuessedCategory
from harness.datasets.describing.mask_patterns import FoundMasks, find_masks
from harness.datasets.describing.places import locate
from harness.datasets.describing.survey import survey
from harness.datasets.describing.toml_text import Heading, toml_text
from harness.datasets.empty_masks import MASK_THRESHOLD
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.folder.folder_description import FILE_NAME, SUFFIX, is_dataset_name
from harness.datasets.preflight import check_split
from harness.errors import DataError
from harness.images import largest_grey

_NUM_MASKS_LOOKED_AT = 200
_NEEDED = (
    "what is needed: folders called good and bad (ok, normal, free / ng, defect, anomaly ...), or a mask for each "
    "image; or write the description by hand as docs/datasets.md shows"
)


@dataclass(frozen=True)
class DescribedCategory:
    """What a category became, counted by the reader of descriptions under seed 0."""

    name: str
    num_train: int
    num_test_good: int
    num_test_defect: int
    num_left_out: int
    decided: tuple[str, ...]
    """What was guessed, in words."""


@dataclass(frozen=True)
class Described:
    """A written description."""

    path: Path
    name: str
    folder: Path
    num_images: int
    num_masks: int
    categories: tuple[DescribedCategory, ...]
    notes: tuple[str, ...]


def describe(folder: Path, out: Path | None = None, *, force: bool = False) -> Described:
    """Guess what the images below a folder are, write it down, and read it back.

    Reads names, the pixels of a few files to tell masks from images, and every mask where masks
    alone tell normal images from defects.

    Args:
        folder: Any folder of images.
        out: The file to write; ``dataset.toml`` in ``folder`` if None. Elsewhere it names the folder.
        force: Write over a file that is there.

    Raises:
        DataError: Nothing recognisable is there, the file is there already, or cannot be written.
    """
    path = _target(folder, out)
    if path.exists() and not force:
        raise DataError(f"{path}: exists already; --force overwrites it, --out FILE writes elsewhere.")
    seen = survey(folder)
    masks = find_masks(seen)
    name, name_reason = _name(folder, path)
    places = locate(image for image in seen.images if image not in masks.files)
    categories, problems = guess_categories(places, masks, name)
    if not categories:
        raise DataError(
            f"{folder}: not recognised. Seen: {seen.seen()}"
            f"{''.join(f'; {problem}' for problem in problems[:3])}; {_NEEDED}."
        )
    _check_masks(folder, masks, categories)
    images_folder = None if path.parent.resolve() == folder.resolve() else str(folder.resolve())
    text = toml_text(folder, Heading(name, name_reason, images_folder), categories)
    described = _written(path, text, categories)
    known = recognise(folder)
    notes = [
        f"this folder has the layout of {info.title}; as {name} below the data root it needs no description"
        for name, info in known.items()
    ]
    notes += [f"not used: {problem}" for problem in problems]
    notes += [f"{category.name}: {note}" for category in categories for note in category.notes]
    return Described(path, name, folder, len(seen.images), len(masks.files), described, tuple(notes))


def _target(folder: Path, out: Path | None) -> Path:
    path = folder / FILE_NAME if out is None else out
    if path.is_dir():
        path = path / FILE_NAME
    if path.suffix != SUFFIX:
        raise DataError(f"--out {path}: expected a name that ends in {SUFFIX}, such as {path.stem}{SUFFIX}.")
    return path.absolute()


def _name(folder: Path, path: Path) -> tuple[str, str]:
    """A name that is allowed and is not that of a built-in data set."""
    wanted = folder.resolve().name if path.name == FILE_NAME else path.stem
    name = re.sub(r"""[/\\:,"\s]+""", "_", wanted).strip("_")
    reason = "the folder's name" if path.name == FILE_NAME else "the file's name"
    if name in DATASETS.names():
        return f"my_{name}", f"{reason}, which alone would be that of a built-in data set"
    return (name, reason) if is_dataset_name(name) else ("parts", f"{reason} cannot be a name")


def _check_masks(folder: Path, masks: FoundMasks, categories: Sequence[GuessedCategory]) -> None:
    """Refuse masks that hold values and no defect: 0 and 1, or numbers of classes."""
    if all(category.masks is None for category in categories):
        return
    files = sorted(masks.files)
    step = max(1, len(files) // _NUM_MASKS_LOOKED_AT)
    brightest = 0
    for file in files[::step]:
        try:
            brightest = max(brightest, largest_grey(folder / file))
        except DataError:
            continue
        if brightest > MASK_THRESHOLD:
            return
    if brightest:
        raise DataError(
            f"{folder}: the masks (such as {files[0]}) hold grey values up to {brightest}, and a defect is what is "
            f"above {MASK_THRESHOLD}; save them with 0 and 255."
        )


def _written(path: Path, text: str, guessed: Sequence[GuessedCategory]) -> tuple[DescribedCategory, ...]:
    """Write beside the target, read back, check, and only then put in place."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_file(path) as scratch:
            try:
                scratch.write_text(text, encoding="utf-8")
            except UnicodeEncodeError as error:
                name = error.object[max(error.start - 20, 0) : error.end + 20]
                raise DataError(f"{path}: expected names in UTF-8, got {name!a}; rename the file or folder.") from error
            try:
                return tuple(_counted(FolderDataset(scratch), category) for category in guessed)
            except DataError as error:
                raise DataError(str(error).replace(str(scratch), str(path))) from error
    except OSError as error:
        raise _not_writable(path, error) from error


def _counted(dataset: FolderDataset, guessed: GuessedCategory) -> DescribedCategory:
    split = dataset.split(Path(), guessed.name, 0)
    if guessed.can_be_tested:
        check_split(split, guessed.name)
    num_defect = sum(sample.is_defect for sample in split.test)
    decided = [f"{key}: {listing.reason}" for key, listing in guessed.lists.items()]
    if guessed.defects:
        decided.append(f"kinds of defects: {', '.join(guessed.defects)}")
    if guessed.can_be_tested:
        decided.append(f"masks: {guessed.masks or 'none, so image metrics only'}")
    if guessed.groups is not None:
        decided.append("groups: the images of one numbered folder stay together")
    return DescribedCategory(
        name=guessed.name,
        num_train=len(split.train),
        num_test_good=len(split.test) - num_defect,
        num_test_defect=num_defect,
        num_left_out=len(split.left_out),
        decided=tuple(decided),
    )


def _not_writable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path}: cannot be written ({error.strerror}); --out FILE{SUFFIX} writes the description elsewhere, and "
        f"--datasets FILE{SUFFIX} uses it from there."
    )
