"""KolektorSDD2: defects of several kinds on the surface of one industrial product."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.empty_masks import have_defects
from harness.datasets.image_folders import defect_sample, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset
from harness.errors import DataError

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
        train: list[Sample] = []
        left_out: list[tuple[str, str]] = []
        samples, copies = _samples(base, "train")
        for sample in samples:
            if sample.is_defect:
                left_out.append((sample.id, "defect image of the published training set"))
            else:
                train.append(sample)
        test, copies_in_test = _samples(base, "test")
        left_out += [
            (copy.relative_to(base).as_posix(), "its name is no number: a copy of another image")
            for copy in (*copies, *copies_in_test)
        ]
        return Split(train=tuple(train), test=tuple(test), left_out=tuple(left_out))


def _samples(base: Path, part: str) -> tuple[list[Sample], list[Path]]:
    found = images_in(base / part)
    images = [path for path in found if path.stem.isdigit()]
    copies = [path for path in found if _MASK not in path.stem and not path.stem.isdigit()]
    by_stem = {path.stem: path for path in found}
    masks: list[Path] = []
    for image in images:
        if image.stem + _MASK not in by_stem:
            raise DataError(f"{image}: has no mask; expected {image.stem}{_MASK}.png beside it.")
        masks.append(by_stem[image.stem + _MASK])
    return [
        defect_sample(base, image, mask, kind=_KIND) if has_defect else normal_sample(base, image)
        for image, mask, has_defect in zip(images, masks, have_defects(masks), strict=True)
    ], copies
