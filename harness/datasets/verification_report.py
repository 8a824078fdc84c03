"""What the verification of a data set found."""

from dataclasses import dataclass
from pathlib import Path


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
class CategoryImages:
    """What the images of a category are like, masks aside."""

    category: str
    modes: tuple[tuple[str, int], ...]
    """``(Pillow's name, number of images)``, the most frequent first."""
    height_px: tuple[int, int]
    """Smallest and largest."""
    width_px: tuple[int, int]
    num_sizes: int
    """Different sizes, height and width together."""


@dataclass(frozen=True)
class PartialMasks:
    """Mask pixels of a category whose grey value is neither 0 nor 255, so that a threshold decides what they are.

    Masks that hold labels are passed over: there every value but 0 is a defect.
    """

    category: str
    num_masks: int
    """Masks with such a pixel."""
    num_masks_in_all: int
    num_pixels_below: int
    """Such pixels that are no defect at the default threshold, `MASK_THRESHOLD`."""
    num_pixels_above: int
    """Such pixels that are a defect at the default threshold."""
    num_pixels_full: int
    """Pixels of 255, which are a defect at any threshold."""


@dataclass(frozen=True)
class SplitTwins:
    """One group of twins, by the sides of the split its members are on."""

    train: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[str, ...]
    are_copies: bool
    """Whether their files are equal to the last byte."""
    confidence: float = 1.0
    """That they show the same thing, a fraction; see `harness.datasets.near_duplicates.TwinGroup`."""

    @property
    def crosses(self) -> bool:
        """Whether something that is tested on was seen in training."""
        return bool(self.train and self.test)


@dataclass(frozen=True)
class CategoryTwins:
    """Images of a category that show the same thing, under seed 0 of a split."""

    category: str
    groups: tuple[SplitTwins, ...]
    num_train_with_twin_in_train: int
    num_test_good_with_twin_in_train: int
    num_test_defect_with_twin_in_train: int


@dataclass(frozen=True)
class VerificationReport:
    """What reading every file of a data set showed."""

    dataset: str
    folder: Path
    split: str
    num_files: int
    """Files decoded, images and masks together."""
    counts: tuple[CategoryCount, ...]
    images: tuple[CategoryImages, ...]
    twins: tuple[CategoryTwins, ...]
    """Worth knowing, and no findings: the data set is what it is, and another split may suit better."""
    left_out: tuple[tuple[str, str], ...]
    """``(sample id, reason)`` of images in no split; known of, and not findings."""
    vanished: tuple[tuple[str, str], ...]
    """``(category, sample id)`` of defects whose masks show nothing at the default protocol's resolution."""
    partial_masks: tuple[PartialMasks, ...]
    """One for each category that has such masks; worth knowing, and no findings."""
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
