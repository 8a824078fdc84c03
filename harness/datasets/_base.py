"""What a data set is to the rest of the harness: samples in splits, and a description."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, runtime_checkable
from typing import Protocol as Interface

from harness.config.run_settings import ThresholdRule
from harness.images import Corruption


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
    further_masks: tuple[Path, ...] = ()
    """More files of the same ground truth; what is marked in any of them is a defect."""
    masks_hold_labels: bool = False
    """Whether grey values of the masks are labels (1, 2, ...), so that every value but 0 is a defect."""
    part: str | None = None
    """Equal for the views of one part, which is a defect if one of its views is; None where each image is a part."""
    corruption: Corruption | None = None
    """What happens to the image, and to its masks, when they are read; None leaves them as they are."""

    @property
    def masks(self) -> tuple[Path, ...]:
        """All files of the ground truth; none where there is no mask."""
        return () if self.mask is None else (self.mask, *self.further_masks)

    def mask_threshold(self, default: int) -> int:
        """Grey value above which a mask pixel is a defect: 0 for labels, otherwise ``default``."""
        return 0 if self.masks_hold_labels else default


@dataclass(frozen=True)
class Saturation:
    """How much of a defect must be found for all of it to count as found.

    A missing part may be marked wherever it could have been; finding as much as the part would cover
    is enough. Source: Bergmann et al., "Beyond Dents and Scratches" (IJCV 2022), section 4.2.
    """

    pixel_value: int
    """Grey value, 1 to 255, that marks defects of this type in their masks."""
    threshold: float
    """Fraction of the defect's area in (0, 1] where ``is_relative``, otherwise pixels, at least 1."""
    is_relative: bool


@dataclass(frozen=True)
class Split:
    """Training and test samples of one category under one seed; disjoint, in a fixed order."""

    train: tuple[Sample, ...]
    """Normal images only, unless the training set is contaminated on purpose."""
    test: tuple[Sample, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """``(sample id, reason)`` of images that belong to neither, e.g. a defect with an empty mask."""
    saturations: tuple[Saturation, ...] = ()
    """One for each type of defect, where the data set is judged by saturated overlap (sPRO)."""
    spro_by_kind: bool = True
    """Whether sPRO is the mean over the kinds of defect, each with the normal images, or is that of all images."""
    validation: tuple[Sample, ...] = ()
    """Normal images that the authors set apart to calibrate on; in ``left_out`` as well. Thresholds come from them."""
    threshold_rule: ThresholdRule = "order"
    """How the authors set thresholds; ``order`` where they set none."""
    is_seeded: bool = False
    """Whether the seed decides which images train, so that another seed gives another split."""
    lost: tuple[Sample, ...] = ()
    """Defect images that this seed's draw leaves out, because images of their group train; in ``left_out`` as well."""
    keeps_groups: bool = False
    """Whether a description says which images stay together, so that no other draw may divide them."""


SplitAuthor = Literal["authors", "literature", "ours"]


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
    split_author: SplitAuthor = "ours"
    """Who made the split called ``published``: the data set's authors, the literature, or this project."""
    split_note: str = ""
    """One sentence on that split, for lists and captions."""
    own_splits: tuple[str, ...] = ()
    """Names of further splits that the authors publish, for ``--split``; see `PublishesSplits`."""


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


@runtime_checkable
class PublishesSplits(Dataset, Interface):
    """A data set whose authors publish more splits than one; ``info.own_splits`` names them."""

    def own_split(self, root: Path, category: str, name: str) -> Split:
        """One of ``info.own_splits``.

        Raises:
            UnknownNameError: No such category.
            DataError: The files that define the split are missing or damaged.
        """
        ...


@runtime_checkable
class HoldsPrivateImages(Dataset, Interface):
    """A data set with test images whose ground truth its authors keep, for a server that judges them."""

    private_counts: dict[str, int]
    """Category to the published number of images in each of its private sets."""

    def private_stems(self, category: str) -> dict[str, tuple[str, ...]]:
        """Name of each private set to the published names of its images, without suffix, sorted."""
        ...

    def private_images(self, root: Path, category: str) -> dict[str, tuple[Path, ...]]:
        """Name of each private set to its images, sorted; none where the set is not in place.

        They decide no result here, so that `files` does not list them.

        Raises:
            UnknownNameError: No such category.
        """
        ...
