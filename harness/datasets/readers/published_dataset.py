"""What readers of published data sets share: a folder of its own, categories that may be in place."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.empty_masks import have_defects
from harness.datasets.image_folders import (
    check_category,
    defect_sample,
    images_in,
    mvtec_files,
    mvtec_split,
    normal_sample,
    not_installed,
)
from harness.errors import DataError
from harness.limited_reading import read_limited

_MAX_JSON_BYTES = 8_000_000
"""Room for a list of some 40,000 images; Real-IAD has some 5,000 a category."""


class PublishedDataset(ABC):
    """A data set in the folder of its name below the data root; any part of its categories may be there.

    A subclass says in ``info`` and ``names`` what was published, and reads one category.
    """

    info: DatasetInfo
    names: tuple[str, ...]
    """The published categories in their order; the data set's own name where it is undivided."""
    version = 1

    def folder(self, root: Path) -> Path:
        """``info.name`` below the data root."""
        return root / self.info.name

    def is_installed(self, root: Path) -> bool:
        """Whether one of the published categories is there."""
        return bool(self._in_place(root))

    def categories(self, root: Path) -> tuple[str, ...]:
        """The published categories that are in place, in their published order."""
        in_place = self._in_place(root)
        if not in_place:
            raise not_installed(self.info, self.folder(root))
        return in_place

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """Every image and mask of a category, and every file that says what they are."""
        check_category(self.info.name, category, self.categories(root))
        return tuple(sorted(set(self._files(self.folder(root), category))))

    def split(self, root: Path, category: str, seed: int) -> Split:
        """Samples of a category; ``seed`` counts only where no split is published."""
        check_category(self.info.name, category, self.categories(root))
        return self._split(self.folder(root), category, seed)

    def _in_place(self, root: Path) -> tuple[str, ...]:
        return tuple(name for name in self.names if self._has(self.folder(root), name))

    def _has(self, base: Path, category: str) -> bool:
        """Whether a published category is there; looks at names only. ``base`` is the data set's folder."""
        return (base / category / "train").is_dir()

    @abstractmethod
    def _files(self, base: Path, category: str) -> list[Path]:
        """What ``files`` lists, in any order."""

    @abstractmethod
    def _split(self, base: Path, category: str, seed: int) -> Split:
        """What ``split`` returns."""


class MVTecLayout(PublishedDataset):
    """Laid out as MVTec AD is; the published split and masks."""

    mask_suffixes: tuple[str, ...] = ("_mask",)
    """What the stem of a mask may have more than that of its image."""

    def _files(self, base: Path, category: str) -> list[Path]:
        return mvtec_files(base, category)

    def _split(self, base: Path, category: str, seed: int) -> Split:
        return mvtec_split(base, category, self.mask_suffixes)


def samples_by_masks(base: Path, images: Sequence[Path], mask_suffix: str, kind: str) -> list[Sample]:
    """Images with a mask each beside them; an image is a defect if its mask has a defect pixel.

    Args:
        base: The data set's folder.
        images: Image files.
        mask_suffix: What the stem of a mask has more than that of its image, e.g. ``"_GT"``.
        kind: The kind of all defects.

    Raises:
        DataError: A mask is missing.
    """
    beside = {
        folder: {path.stem: path for path in reversed(images_in(folder))} for folder in {i.parent for i in images}
    }
    masks: list[Path] = []
    for image in images:
        stem = image.stem + mask_suffix
        if stem not in beside[image.parent]:
            raise DataError(f"{image}: has no mask; expected {stem}.png or {stem}.bmp beside it.")
        masks.append(beside[image.parent][stem])
    return [
        defect_sample(base, image, mask, kind=kind) if has_defect else normal_sample(base, image)
        for image, mask, has_defect in zip(images, masks, have_defects(masks), strict=True)
    ]


def read_json(path: Path) -> Any:
    """The content of a JSON file that was published with a data set.

    Raises:
        DataError: The file cannot be read or is not JSON.
    """
    try:
        return json.loads(read_limited(path, _MAX_JSON_BYTES))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); it comes with the data set.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON ({error}); use the published file.") from error
