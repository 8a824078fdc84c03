"""A split as a CSV file that gives the part of each image."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.atomic_files import unfinished_file
from harness.datasets._base import Dataset, Split
from harness.errors import SettingsError
from harness.limited_reading import LimitedCsv, read_limited

COLUMNS = ("image", "part")
TRAIN, TEST, LEFT_OUT = "train", "test", "left_out"
PARTS = (TRAIN, TEST, LEFT_OUT)
_ANY_PART = f"{TRAIN}, {TEST} or {LEFT_OUT}"

_NUM_NAMED = 3
_MAX_BYTES, _MAX_IMAGES = 24_000_000, 1_000_000
"""All of Real-IAD, 151,050 images, take 10 MB."""


def manifest_split(dataset: Dataset, root: Path, category: str, path: Path) -> Split:
    """The split that a manifest gives one category.

    A manifest may cover some categories only, but must list every image of the category asked for. Images that the
    data set itself leaves out, such as defects with an empty mask, are listed as left out or not at all.

    Args:
        dataset: The data set that the manifest is about.
        root: The data root.
        category: One of its categories.
        path: A CSV file with the columns ``image`` (a sample id) and ``part`` (``train``, ``test`` or
            ``left_out``).

    Returns:
        Samples sorted by id.

    Raises:
        SettingsError: The file cannot be read, an id is unknown or listed twice, an image of the category is missing,
            a defect image trains, or an image that the data set leaves out is used. Names the file and the line.
        UnknownNameError: No such category.
        DataError: The data set is missing.
    """
    rows = _read(path)
    published = dataset.split(root, category, 0)
    samples = {sample.id: sample for sample in (*published.train, *published.test, *published.lost)}
    own_left_out = {sample_id: reason for sample_id, reason in published.left_out if sample_id not in samples}
    _check_known(path, rows, dataset, root, category, samples.keys() | own_left_out.keys())
    for sample_id, (part, line) in rows.items():
        if sample_id in own_left_out and part != LEFT_OUT:
            raise SettingsError(
                f"{path}, line {line}: expected {LEFT_OUT} for {sample_id}, got {part}; the data set leaves "
                f"it out ({own_left_out[sample_id]})."
            )
        if part == TRAIN and sample_id in samples and samples[sample_id].is_defect:
            raise SettingsError(
                f"{path}, line {line}: expected {TEST} or {LEFT_OUT} for {sample_id}, got {part}; it is a "
                "defect image, and only normal images train."
            )
    missing = sorted(samples.keys() - rows.keys())
    if missing:
        raise SettingsError(
            f"{path}: expected a line for each of the {len(samples)} images of {dataset.info.name}/{category}; "
            f"{_some(missing)} {'is' if len(missing) == 1 else 'are'} missing."
        )
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    for sample_id in sorted(samples):
        parts[rows[sample_id][0]].append(sample_id)
    return replace(
        published,
        train=tuple(samples[sample_id] for sample_id in parts[TRAIN]),
        test=tuple(samples[sample_id] for sample_id in parts[TEST]),
        left_out=(*own_left_out.items(), *((sample_id, f"left out by {path.name}") for sample_id in parts[LEFT_OUT])),
        is_seeded=False,
        lost=(),
    )


def write_manifest(splits: Iterable[Split], path: Path) -> None:
    """Write the splits of one category or several as one manifest, sorted by image.

    Raises:
        SettingsError: The file cannot be written.
    """
    rows: list[tuple[str, str]] = []
    for split in splits:
        rows += [(sample.id, TRAIN) for sample in split.train]
        rows += [(sample.id, TEST) for sample in split.test]
        rows += [(sample_id, LEFT_OUT) for sample_id, _ in split.left_out]
    try:
        with unfinished_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(sorted(rows))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}).") from error
    except UnicodeEncodeError as error:
        raise SettingsError(f"{path}: cannot be written: an image's name is not UTF-8 ({error.object!a}).") from error


def manifest_sha256(path: Path) -> str:
    """SHA-256, in hexadecimal, of a manifest's rows; line ends and the order of the rows do not count.

    Raises:
        SettingsError: The file cannot be read or is not a manifest.
    """
    text = "".join(f"{part} {sample_id}\n" for sample_id, (part, _) in sorted(_read(path).items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> dict[str, tuple[str, int]]:
    """Sample id to its part and its line."""
    rows: dict[str, tuple[str, int]] = {}
    try:
        text = read_limited(path, _MAX_BYTES).decode("utf-8-sig")
        reader = LimitedCsv(io.StringIO(text, newline=""))
        header = next(reader, [])
        if tuple(name.strip() for name in header) != COLUMNS:
            raise SettingsError(
                f"{path}, line 1: expected the heading {','.join(COLUMNS)!r}, got {','.join(header)!r}."
            )
        for row in reader:
            if not row:
                continue
            line = reader.line_num
            if len(row) != len(COLUMNS) or row[1].strip() not in PARTS:
                raise SettingsError(f"{path}, line {line}: expected an image and {_ANY_PART}, got {','.join(row)!r}.")
            if row[0] in rows:
                raise SettingsError(
                    f"{path}, line {line}: {row[0]} is listed already in line {rows[row[0]][1]}; "
                    "each image belongs to one part."
                )
            rows[row[0]] = row[1].strip(), line
            if len(rows) > _MAX_IMAGES:
                raise SettingsError(f"{path}: expected at most {_MAX_IMAGES:,} images, got more.")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path}: not a CSV file in UTF-8 ({error}).") from error
    return rows


def _check_known(
    path: Path,
    rows: dict[str, tuple[str, int]],
    dataset: Dataset,
    root: Path,
    category: str,
    known: Iterable[str],
) -> None:
    unknown = rows.keys() - set(known)
    for other in dataset.categories(root) if unknown else ():
        if other != category:
            split = dataset.split(root, other, 0)
            unknown -= {sample.id for sample in (*split.train, *split.test)}
            unknown -= {sample_id for sample_id, _ in split.left_out}
    if unknown:
        first = min(unknown, key=lambda sample_id: rows[sample_id][1])
        raise SettingsError(
            f"{path}, line {rows[first][1]}: {dataset.info.name} has no image {first!r}; expected a path below "
            f"{dataset.folder(root)}, with forward slashes."
        )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NUM_NAMED])
    return shown if len(names) <= _NUM_NAMED else f"{shown} and {len(names) - _NUM_NAMED} more"
