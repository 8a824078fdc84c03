"""VisA: twelve objects, among them circuit boards and scenes with several instances."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.image_folders import GOOD, defect_sample, images_in, normal_sample, path_below
from harness.datasets.readers.published_dataset import PublishedDataset
from harness.errors import DataError
from harness.limited_reading import LimitedCsv

_SPLIT_FILE = "split_csv/1cls.csv"
_HEADER = ["object", "split", "label", "image", "mask"]
_KIND = "anomaly"
_REARRANGED = "1cls"
_REARRANGED_PLACES = (f"train/{GOOD}", f"test/{GOOD}", "test/bad", "ground_truth/bad")
_COUNTS = {
    "candle": (900, 200),
    "capsules": (542, 160),
    "cashew": (450, 150),
    "chewinggum": (453, 150),
    "fryum": (450, 150),
    "macaroni1": (900, 200),
    "macaroni2": (900, 200),
    "pcb1": (904, 200),
    "pcb2": (901, 200),
    "pcb3": (905, 201),
    "pcb4": (904, 201),
    "pipe_fryum": (450, 150),
}


@dataclass(frozen=True)
class _Row:
    is_train: bool
    is_defect: bool
    image: str
    mask: str


class VisA(PublishedDataset):
    """The published one-class split, ``split_csv/1cls.csv``; the one kind of defect is ``anomaly``.

    Grey values of the masks number the kinds of defects from 1 on, so every value but 0 is a defect,
    whatever the protocol's mask threshold is.

    What the authors' ``prepare_data.py`` makes of the same split is read as well: ``1cls/<category>`` in the layout of
    MVTec AD, where the script has set every mask value but 0 to 255. A category in the original layout goes first.
    Images and split are the same; paths, and with them ids and fingerprints, are not.
    """

    info = DatasetInfo(
        name="visa",
        title="Visual Anomaly (VisA)",
        citation=(
            "Y. Zou, J. Jeong, L. Pemula, D. Zhang, O. Dabeer: SPot-the-Difference Self-Supervised Pre-training for "
            "Anomaly Detection and Segmentation. ECCV, 2022."
        ),
        licence="CC BY 4.0",
        homepage="https://github.com/amazon-science/spot-diff",
        layout=(
            "visa/<category>/Data/Images/{Normal/0000.JPG,Anomaly/000.JPG}, Data/Masks/Anomaly/000.png, "
            "visa/split_csv/1cls.csv; or visa/1cls/<category>/{train/good,test/good,test/bad}/*.JPG, "
            "ground_truth/bad/*.png"
        ),
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' one-class split, split_csv/1cls.csv.",
    )
    names = tuple(_COUNTS)

    def _has(self, base: Path, category: str) -> bool:
        return _is_original(base, category) or (base / _REARRANGED / category / "train").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        if not _is_original(base, category):
            folder = base / _REARRANGED / category
            return [path for place in _REARRANGED_PLACES for path in images_in(folder / place)]
        files = [base / _SPLIT_FILE]
        for row in _rows(base, category):
            files.append(base / row.image)
            if row.mask and (base / row.mask).is_file():
                files.append(base / row.mask)
        return files

    def _split(self, base: Path, category: str, seed: int) -> Split:
        if not _is_original(base, category):
            return _rearranged(base, base / _REARRANGED / category)
        train: list[Sample] = []
        test: list[Sample] = []
        for row in _rows(base, category):
            if row.is_defect:
                test.append(defect_sample(base, base / row.image, base / row.mask, kind=_KIND, masks_hold_labels=True))
            else:
                (train if row.is_train else test).append(normal_sample(base, base / row.image))
        return Split(train=tuple(train), test=tuple(test))


def _is_original(base: Path, category: str) -> bool:
    return (base / category / "Data/Images").is_dir() and (base / _SPLIT_FILE).is_file()


def _rearranged(base: Path, folder: Path) -> Split:
    train, good, bad, _ = (images_in(folder / place) for place in _REARRANGED_PLACES)
    truth = folder / _REARRANGED_PLACES[-1]
    return Split(
        train=tuple(normal_sample(base, image) for image in train),
        test=(
            *(normal_sample(base, image) for image in good),
            *(
                defect_sample(base, image, truth / f"{image.stem}.png", kind=_KIND, masks_hold_labels=True)
                for image in bad
            ),
        ),
    )


def _rows(base: Path, category: str) -> Iterator[_Row]:
    path = base / _SPLIT_FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = LimitedCsv(file)
            header = next(reader, [])
            if header != _HEADER:
                raise DataError(f"{path}, line 1: expected {','.join(_HEADER)!r}, got {','.join(header)!r}.")
            for row in reader:
                if len(row) != len(_HEADER):
                    raise DataError(
                        f"{path}, line {reader.line_num}: expected the {len(_HEADER)} values {','.join(_HEADER)}, "
                        f"got {len(row)}."
                    )
                if row[0] == category:
                    yield _row(f"{path}, line {reader.line_num}", row)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); it says which images are for training.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a text with comma-separated values ({error}).") from error


def _row(where: str, row: list[str]) -> _Row:
    _, part, label, image, mask = row
    if part not in ("train", "test"):
        raise DataError(f"{where}, split: expected train or test, got {part!r}.")
    if label not in ("normal", "anomaly"):
        raise DataError(f"{where}, label: expected normal or anomaly, got {label!r}.")
    is_defect = label == "anomaly"
    if is_defect and part == "train":
        raise DataError(f"{where}: expected a normal image for training, got an anomaly.")
    return _Row(
        is_train=part == "train",
        is_defect=is_defect,
        image=path_below(f"{where}, image", image),
        mask=path_below(f"{where}, mask", mask) if is_defect else "",
    )
