"""What a data set is to the rest of the harness: samples in splits, and a description."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol as Interface


@dataclass(frozen=True)
class Sample:
    """One image, not yet read."""

    id: str
    """Path of the image below the data set's folder, with forward slashes; unique in the data set."""
    image: Path
    mask: Path | None
    """Path of the ground-truth mask; None for a normal image, or where the data set has no masks."""
    is_defect: bool
    defect_kind: str
    """The data set's own word, e.g. ``"scratch"``; ``"good"`` for a normal image."""


@dataclass(frozen=True)
class Split:
    """Training and test samples of one category under one seed; disjoint, in a fixed order."""

    train: tuple[Sample, ...]
    """Normal images only."""
    test: tuple[Sample, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """``(sample id, reason)`` of images that belong to neither, e.g. a defect with an empty mask."""


@dataclass(frozen=True)
class DatasetInfo:
    """What a user needs to know to get and cite a data set."""

    name: str
    """Also the folder's name below the data root."""
    title: str
    citation: str
    licence: str
    homepage: str
    layout: str
    """The published folder layout, as one line a user can compare with what they unpacked."""
    counts: dict[str, tuple[int, int]]
    """Category to published ``(number of train images, number of test images)``, without those left
    out; empty if unknown."""


class Dataset(Interface):
    """One data set in its published layout. A registered one is built without arguments.

    Holds no state beyond what its file says it is, can be pickled, and reads pixels only where the
    published layout says nothing else about what is a defect.
    """

    info: DatasetInfo
    version: int
    """Raised when the same files would give other splits; part of every cell's identity."""

    def folder(self, root: Path) -> Path:
        """The data set's own folder, which sample ids are relative to; need not exist."""
        ...

    def is_installed(self, root: Path) -> bool:
        """Whether ``root`` (the data root) holds this data set. Looks at names only, reads nothing."""
        ...

    def categories(self, root: Path) -> tuple[str, ...]:
        """Categories in their published order (``info.name`` alone for an undivided data set).

        Raises:
            DataError: The data set's folder is not there, or holds no category.
        """
        ...

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """Every file whose bytes decide a result of this category, sorted; what a fingerprint covers.

        Raises:
            UnknownNameError: No such category.
        """
        ...

    def split(self, root: Path, category: str, seed: int) -> Split:
        """Samples of one category. Where the split is published, ``seed`` changes nothing.

        Lists what should be there: an empty split or a missing mask file is found by
        `harness.datasets.preflight`, a damaged image when it is read.

        Raises:
            UnknownNameError: No such category.
            DataError: The files do not say which images are defects.
        """
        ...
