"""Images that trials are judged on: three selections, each of them a split like any other.

Shapes: N images, H x W pixels of the scoring resolution, C colours.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.atomic_files import unfinished_folder
from harness.cells.opened_cell import category_size
from harness.config.protocol import Protocol
from harness.datasets import Dataset, Sample, Split
from harness.datasets.file_cache import file_facts
from harness.datasets.fingerprint import SHA256, file_sha256, fingerprint
from harness.datasets.preflight import check_split
from harness.datasets.splits import make_split
from harness.datasets.twins import find_twins, in_groups
from harness.errors import DataError
from harness.images import ImageSet
from harness.spaces import Selection
from harness.synthetic.defect_making import SyntheticSet, make_defects

IMAGES_FOLDER = "images"
HELD_OUT_SHARE = 0.2
VALIDATION_SHARE = 0.3
_MIN_HELD_OUT = 4
_MAX_HELD_OUT = 100
"""More would cost training images and time; 100 pairs order two settings well."""
_MIN_FITTED = 4
_MIN_DEFECTS = 30
"""Held-out images are used again, each time with another defect, until there are this many defect images."""
_LEFT_OUT = "judges the trials of a search"


@dataclass(frozen=True, kw_only=True)
class JudgedCategory:
    """One category as trials see it: what they fit, what they are judged on, and under which name it is cached."""

    dataset: str
    category: str
    split: Split
    """Training images, and as test images those that decide the objective."""
    size_px: tuple[int, int]
    """Height and width that every image is resized to: those of the category, whatever is held out."""
    key: str
    """Names the content of all images."""
    reported: Split
    """What may be reported after the search, under its seed; after ``oracle`` these are the images that judged."""

    @property
    def name(self) -> str:
        """``dataset/category``."""
        return f"{self.dataset}/{self.category}"

    @property
    def has_masks(self) -> bool:
        """Whether pixel metrics can be computed."""
        return all(sample.mask is not None for sample in self.split.test if sample.is_defect)


def judged_on(
    selection: Selection,
    dataset: Dataset,
    root: Path,
    category: str,
    split: str,
    protocol: Protocol,
    seed: int,
    *,
    folder: Path,
) -> JudgedCategory:
    """Images that a search judges its trials on.

    ``synthetic`` opens training images only: it gives the same result where the test images are missing.

    Args:
        selection: One of ``SELECTIONS``.
        dataset: The data set.
        root: The data root.
        category: One of its categories.
        split: As ``make_split`` takes it.
        protocol: Decides the size.
        seed: Decides what is held out and what the defects are.
        folder: Of the search; ``synthetic`` writes images with made defects below it, where every node of a
            cluster finds them.

    Raises:
        DataError: Too few images, or one that cannot be read.
    """
    own = make_split(dataset, root, category, seed, split)
    name = f"{dataset.info.name}/{category}"
    if not own.train:
        raise DataError(f"{name}: no training image; a method is trained on normal images.")
    size_px = category_size(own, protocol)
    if selection == "synthetic":
        return _synthetic(own, name, size_px, seed, folder / IMAGES_FOLDER)
    check_split(own, name)
    judging, reported = (own, own) if selection == "oracle" else _validation(own, name, seed)
    return JudgedCategory(
        dataset=dataset.info.name,
        category=category,
        split=judging,
        size_px=size_px,
        key=fingerprint(dataset, root, category),
        reported=reported,
    )


def _validation(own: Split, name: str, seed: int) -> tuple[Split, Split]:
    """The split that judges trials, and the one to report; where possible, both have every kind of defect."""
    kinds: dict[str, list[Sample]] = {}
    for sample in own.test:
        kinds.setdefault(sample.defect_kind, []).append(sample)
    rng = np.random.default_rng(seed)
    chosen: set[str] = set()
    for _, samples in sorted(kinds.items()):
        count = min(len(samples) - 1, max(1, round(VALIDATION_SHARE * len(samples))))
        chosen |= {samples[index].id for index in rng.permutation(len(samples))[:count]}
    judging = tuple(sample for sample in own.test if sample.id in chosen)
    reported = tuple(sample for sample in own.test if sample.id not in chosen)
    for part in (judging, reported):
        if {sample.is_defect for sample in part} != {False, True}:
            raise DataError(
                f"{name}: {len(own.test)} test images cannot be divided into two parts with normal and defect images "
                "each; use --selection synthetic."
            )
    left_out = own.left_out + tuple((sample.id, _LEFT_OUT) for sample in judging)
    return replace(own, test=judging), replace(own, test=reported, left_out=left_out)


def _synthetic(own: Split, name: str, size_px: tuple[int, int], seed: int, base: Path) -> JudgedCategory:
    """Hold out normal training images, and judge trials on them as they are and with defects made on them.

    A fifth of the training images is held out, at least 4, each with its near duplicates: a twin among the
    fitted images would reward settings that remember whole images. Every held-out image serves twice, as a
    normal image and with a defect. Two separate halves would give half as many images of either kind, and
    their differences, which no setting can change, would become part of the objective.
    """
    samples = sorted(own.train, key=lambda sample: sample.id)
    count = max(_MIN_HELD_OUT, min(round(HELD_OUT_SHARE * len(samples)), _MAX_HELD_OUT))
    if len(samples) - count < _MIN_FITTED:
        raise DataError(
            f"{name}: expected at least {_MIN_HELD_OUT + _MIN_FITTED} training images, {_MIN_HELD_OUT} of them to make "
            f"defects on, got {len(samples)}."
        )
    chosen = _held_out(samples, count, seed)
    held_out = [sample for sample in samples if sample.id in chosen]
    fitted = [sample for sample in samples if sample.id not in chosen]
    hashes = file_facts(SHA256, [sample.image for sample in samples], file_sha256)
    contents = "".join(f"{sha256} {sample.id}\n" for sha256, sample in zip(hashes, samples, strict=True))
    images = ImageSet(
        ids=tuple(sample.id for sample in held_out),
        paths=tuple(sample.image for sample in held_out),
        size_px=size_px,
        key="",
    )
    pixels_NHWC = np.stack([images[row] for row in range(len(images))])
    repeats = math.ceil(_MIN_DEFECTS / len(held_out))
    made = make_defects(np.concatenate([pixels_NHWC] * repeats), seed)
    folder = _written(made, base)
    defects = tuple(
        Sample(
            id=f"synthetic/{folder.name}/{number:04d}-{kind}.png",
            image=folder / f"{number:04d}.png",
            mask=folder / f"{number:04d}_mask.png",
            is_defect=True,
            defect_kind=kind,
        )
        for number, kind in enumerate(made.kinds)
    )
    dataset, _, category = name.partition("/")
    return JudgedCategory(
        dataset=dataset,
        category=category,
        split=Split(train=tuple(fitted), test=(*held_out, *defects)),
        size_px=size_px,
        key=hashlib.sha256(f"{contents}{folder.name}".encode()).hexdigest(),
        reported=own,
    )


def _held_out(samples: Sequence[Sample], count: int, seed: int) -> set[str]:
    """Ids of up to ``count`` samples in whole groups of twins; of single samples where groups are too large."""
    for groups in (in_groups(samples, find_twins(samples)), [[sample] for sample in samples]):
        chosen: set[str] = set()
        for index in np.random.default_rng(seed).permutation(len(groups)):
            if len(chosen) + len(groups[index]) <= count:
                chosen.update(sample.id for sample in groups[index])
        if len(chosen) >= min(count, _MIN_HELD_OUT):
            return chosen
    raise AssertionError("there are more samples than are held out")


def _written(made: SyntheticSet, base: Path) -> Path:
    """Write images and masks below ``base``, in a folder named by their content."""
    digest = hashlib.sha256("\n".join(made.kinds).encode())
    digest.update(np.ascontiguousarray(made.images_NHWC).tobytes())
    digest.update(np.ascontiguousarray(made.masks_NHW).tobytes())
    folder = base / digest.hexdigest()[:32]
    if folder.is_dir():
        return folder
    with unfinished_folder(base, ".making-") as unfinished:
        _write_pngs(unfinished, made.images_NHWC, made.masks_NHW)
        try:
            os.rename(unfinished, folder)  # noqa: PTH104 (a folder that is there must not be replaced)
        except OSError:
            # Another process was first; its bytes are the same.
            if not folder.is_dir():
                raise
    return folder


def _write_pngs(folder: Path, images_NHWC: NDArray[np.uint8], masks_NHW: NDArray[np.bool_]) -> None:
    for number, (image_HWC, mask_HW) in enumerate(zip(images_NHWC, masks_NHW, strict=True)):
        Image.fromarray(image_HWC).save(folder / f"{number:04d}.png", compress_level=1)
        Image.fromarray(mask_HW.astype(np.uint8) * np.uint8(255)).save(folder / f"{number:04d}_mask.png")
