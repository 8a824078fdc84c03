"""Magnetic tile defects: one surface, five kinds of defects, no published split."""

from pathlib import Path

import numpy as np

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.empty_masks import leave_out_empty
from harness.datasets.layout import check_category, defect_sample, images_in, normal_sample, not_installed

_KINDS = ("Blowhole", "Break", "Crack", "Fray", "Uneven")
_TRAIN_SHARE = 0.8


class MagneticTileDefects:
    """The literature's split: 80 % of MT_Free at random for training, everything else is the test set.

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
    )
    version = 1

    def folder(self, root: Path) -> Path:
        """``mtd`` below the data root."""
        return root / self.info.name

    def is_installed(self, root: Path) -> bool:
        """Whether the folder of normal tiles is there."""
        return self._images_folder(root, "Free").is_dir()

    def categories(self, root: Path) -> tuple[str, ...]:
        """``("mtd",)``.

        Raises:
            DataError: The data set is not there.
        """
        if not self.is_installed(root):
            raise not_installed(self.info, self.folder(root))
        return (self.info.name,)

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """Every image and mask.

        Raises:
            DataError: The data set is not there.
            UnknownNameError: ``category`` is not ``"mtd"``.
        """
        check_category(self.info.name, category, self.categories(root))
        folders = [self._images_folder(root, kind) for kind in ("Free", *_KINDS)]
        return tuple(sorted(path for folder in folders for path in images_in(folder)))

    def split(self, root: Path, category: str, seed: int) -> Split:
        """80 % of the normal images, drawn by ``seed``, and all the rest; empty masks left out.

        Raises:
            DataError: The data set is not there.
            UnknownNameError: ``category`` is not ``"mtd"``.
        """
        check_category(self.info.name, category, self.categories(root))
        base = self.folder(root)
        normal = [normal_sample(base, image) for image in self._photographs(root, "Free")]
        order = np.random.default_rng(seed).permutation(len(normal))
        num_train = round(_TRAIN_SHARE * len(normal))
        train = tuple(normal[index] for index in sorted(order[:num_train]))
        held_out = tuple(normal[index] for index in sorted(order[num_train:]))
        defects, left_out = leave_out_empty(
            defect_sample(base, image, image.with_suffix(".png"), kind)
            for kind in _KINDS
            for image in self._photographs(root, kind)
        )
        return Split(train=train, test=held_out + defects, left_out=left_out)

    def _images_folder(self, root: Path, kind: str) -> Path:
        return self.folder(root) / f"MT_{kind}" / "Imgs"

    def _photographs(self, root: Path, kind: str) -> list[Path]:
        return [path for path in images_in(self._images_folder(root, kind)) if path.suffix.lower() != ".png"]
