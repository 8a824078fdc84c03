"""Magnetic tile defects: one surface, five kinds of defects, no published split."""

from pathlib import Path

import numpy as np

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.empty_masks import leave_out_empty
from harness.datasets.image_folders import defect_sample, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset

_KINDS = ("Blowhole", "Break", "Crack", "Fray", "Uneven")
_TRAIN_SHARE = 0.8


class MagneticTileDefects(PublishedDataset):
    """The literature's split: a random 80 % of MT_Free trains, everything else is tested.

    Each tile was photographed at up to six exposures, so a random split puts some tiles on both
    sides. That flatters every method alike, and is kept because published numbers do the same; the
    split `grouped` (`harness.datasets.splits`) does not.
    """

    info = DatasetInfo(
        name="mtd",
        title="Magnetic Tile Defects",
        citation=(
            "Y. Huang, C. Qiu, K. Yuan: Surface defect saliency of magnetic tile. The Visual Computer 36, 85-96, 2020."
        ),
        licence="free to use with citation; no formal licence",
        homepage="https://github.com/abin24/Magnetic-tile-defect-datasets.",
        layout="mtd/MT_{Free,Blowhole,Break,Crack,Fray,Uneven}/Imgs/*.jpg, masks beside them as *.png",
        counts={"mtd": (762, 578)},
        split_author="literature",
        split_note="No published split; as in the literature, 80 % of the normal images train, drawn by the seed.",
    )
    names = ("mtd",)

    def _has(self, base: Path, category: str) -> bool:
        return _images_folder(base, "Free").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        return [path for kind in ("Free", *_KINDS) for path in images_in(_images_folder(base, kind))]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        normal = [normal_sample(base, image) for image in _photographs(base, "Free")]
        order = np.random.default_rng(seed).permutation(len(normal))
        num_train = round(_TRAIN_SHARE * len(normal))
        train = tuple(normal[index] for index in sorted(order[:num_train]))
        held_out = tuple(normal[index] for index in sorted(order[num_train:]))
        defects, left_out = leave_out_empty(
            defect_sample(base, image, image.with_suffix(".png"), kind=kind)
            for kind in _KINDS
            for image in _photographs(base, kind)
        )
        return Split(train=train, test=held_out + defects, left_out=left_out, is_seeded=True)


def _images_folder(base: Path, kind: str) -> Path:
    return base / f"MT_{kind}" / "Imgs"


def _photographs(base: Path, kind: str) -> list[Path]:
    return [path for path in images_in(_images_folder(base, kind)) if path.suffix.lower() != ".png"]
