"""KolektorSDD2: defects of several kinds on the surface of one industrial product."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.image_folders import images_in
from harness.datasets.readers.published_dataset import PublishedDataset, samples_by_masks

_MASK = "_GT"
_KIND = "defect"


class KolektorSDD2(PublishedDataset):
    """The published split, without the defects among its training images, which are left out and counted.

    What is a defect follows from the masks alone: an image is one if its mask has a defect pixel. The
    archive holds a stray copy of one training image and its mask, which is left out as well.
    """

    info = DatasetInfo(
        name="ksdd2",
        title="KolektorSDD2",
        citation=(
            "J. Bozic, D. Tabernik, D. Skocaj: Mixed supervision for surface-defect detection: from weakly to fully "
            "supervised learning. Computers in Industry 129, 103459, 2021."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.vicos.si/resources/kolektorsdd2/",
        layout="ksdd2/{train,test}/10000.png, masks beside them as 10000_GT.png",
        counts={"ksdd2": (2085, 1004)},
        split_author="authors",
        split_note="The authors' training and test folders; defect images in the training folder are left out.",
    )
    names = ("ksdd2",)

    def _has(self, base: Path, category: str) -> bool:
        return (base / "train").is_dir() and (base / "test").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        return [path for part in ("train", "test") for path in images_in(base / part)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        images = {part: [path for path in images_in(base / part) if path.stem.isdigit()] for part in ("train", "test")}
        training = samples_by_masks(base, images["train"], _MASK, _KIND)
        left_out = [(s.id, "defect image of the published training set") for s in training if s.is_defect]
        left_out += [
            (path.relative_to(base).as_posix(), "its name is no number: a copy of another image")
            for path in self._files(base, category)
            if _MASK not in path.stem and not path.stem.isdigit()
        ]
        return Split(
            train=tuple(sample for sample in training if not sample.is_defect),
            test=tuple(samples_by_masks(base, images["test"], _MASK, _KIND)),
            left_out=tuple(left_out),
        )
