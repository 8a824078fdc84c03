"""DAGM 2007: ten classes of generated textures, made for a competition on optical inspection."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.image_folders import defect_sample, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset
from harness.errors import DataError
from harness.limited_reading import read_limited

_LABEL = "_label"
_KIND = "defect"
_MAX_LIST_BYTES = 1_000_000
"""The published lists have 5 to 25 kB."""
_DEFECTS_IN_TRAIN = (79, 66, 66, 82, 70, 83, 150, 150, 150, 150)
_SIZES = (575, 575, 575, 575, 575, 575, 1150, 1150, 1150, 1150)
"""Images of Train, and as many of Test."""


class DAGM2007(PublishedDataset):
    """The published halves, without the defects among the training images, which are left out and counted.

    An image is a defect if it has a label. Labels are ellipses around the defect, drawn by hand, so
    pixel metrics punish a map that marks the defect alone.
    """

    info = DatasetInfo(
        name="dagm",
        title="DAGM 2007, optical inspection",
        citation=(
            "M. Wieler, T. Hahn, F. A. Hamprecht: Weakly Supervised Learning for Industrial Optical Inspection. "
            "Data set of the DAGM 2007 competition."
        ),
        licence="public; see the homepage",
        homepage="https://hci.iwr.uni-heidelberg.de/content/weakly-supervised-learning-industrial-optical-inspection",
        layout="dagm/Class1/{Train,Test}/0001.PNG, {Train,Test}/Label/0576_label.PNG for defects; to Class10",
        counts={
            f"Class{number}": (size - num_defects, size)
            for number, (size, num_defects) in enumerate(zip(_SIZES, _DEFECTS_IN_TRAIN, strict=True), 1)
        },
        split_author="authors",
        split_note="The competition's training and test halves; defect images of the training half are left out.",
    )
    names = tuple(info.counts)

    def _has(self, base: Path, category: str) -> bool:
        return (base / category / "Train").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        parts = [base / category / part for part in ("Train", "Test")]
        lists = [part / "Label/Labels.txt" for part in parts]
        images = [path for part in parts for folder in (part, part / "Label") for path in images_in(folder)]
        return [*images, *(path for path in lists if path.is_file())]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        samples = _samples(base, base / category / "Train")
        return Split(
            train=tuple(sample for sample in samples if not sample.is_defect),
            test=tuple(_samples(base, base / category / "Test")),
            left_out=tuple(
                (sample.id, "defect image of the published training set") for sample in samples if sample.is_defect
            ),
        )


def _samples(base: Path, folder: Path) -> list[Sample]:
    labels = {path.stem.removesuffix(_LABEL): path for path in images_in(folder / "Label")}
    # A label that is listed and not there leaves a defect that would pass for a normal image.
    labels = {stem: folder / "Label" / f"{stem}{_LABEL}.PNG" for stem in _listed(folder / "Label/Labels.txt")} | labels
    return [
        defect_sample(base, image, labels[image.stem], kind=_KIND)
        if image.stem in labels
        else normal_sample(base, image)
        for image in images_in(folder)
    ]


def _listed(path: Path) -> list[str]:
    """Images that have a label, as the list beside the labels has it; none where there is no list."""
    try:
        words = read_limited(path, _MAX_LIST_BYTES).decode("utf-8").split()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); expected a list of image and label names.") from error
    ending = f"{_LABEL}.png"
    return [word[: -len(ending)] for word in words if word.lower().endswith(ending) and len(word) > len(ending)]
