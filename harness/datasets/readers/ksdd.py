"""KolektorSDD: cracks in the plastic of electrical commutators, eight tall images an item."""

from collections.abc import Sequence
from pathlib import Path

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.empty_masks import have_defects
from harness.datasets.image_folders import (
    defect_sample,
    folders_in,
    images_in,
    normal_sample,
)
from harness.datasets.readers.published_dataset import PublishedDataset
from harness.errors import DataError

_TRAIN_SHARE = 0.4
_LABEL = "_label"
_KIND = "crack"


class KolektorSDD(PublishedDataset):
    """Split by item, since the surfaces of one item look alike: kos01-kos20 train, kos21-kos50 test.

    What is a defect follows from the masks alone: an image is one if its mask has a defect pixel.
    """

    info = DatasetInfo(
        name="ksdd",
        title="KolektorSDD",
        citation=(
            "D. Tabernik, S. Sela, J. Skvarc, D. Skocaj: Segmentation-based deep-learning approach for "
            "surface-defect detection. Journal of Intelligent Manufacturing 31, 759-776, 2020."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.vicos.si/resources/kolektorsdd/",
        layout="ksdd/kos01/Part0.jpg to ksdd/kos50/Part7.jpg, masks beside them as Part0_label.png or Part0_label.bmp",
        counts={"ksdd": (140, 239)},
    )
    names = ("ksdd",)

    def _has(self, base: Path, category: str) -> bool:
        return bool(_items(base))

    def _files(self, base: Path, category: str) -> list[Path]:
        return [path for item in _items(base) for path in images_in(item)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        items = _items(base)
        train_items = set(items[: round(_TRAIN_SHARE * len(items))])
        images, labels = _images_and_labels(items)
        train: list[Sample] = []
        test: list[Sample] = []
        left_out: list[tuple[str, str]] = []
        for image, label, has_defect in zip(images, labels, have_defects(labels), strict=True):
            sample = defect_sample(base, image, label, kind=_KIND) if has_defect else normal_sample(base, image)
            if image.parent not in train_items:
                test.append(sample)
            elif has_defect:
                left_out.append((sample.id, "defect image of an item that trains"))
            else:
                train.append(sample)
        return Split(train=tuple(train), test=tuple(test), left_out=tuple(left_out))


def _items(base: Path) -> list[Path]:
    return [folder for folder in folders_in(base) if folder.name.startswith("kos") and folder.name[3:].isdigit()]


def _images_and_labels(items: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    images: list[Path] = []
    labels: list[Path] = []
    for item in items:
        found = images_in(item)
        by_stem = {path.stem: path for path in reversed(found) if path.stem.endswith(_LABEL)}
        for image in found:
            if image.stem.endswith(_LABEL):
                continue
            if image.stem + _LABEL not in by_stem:
                raise DataError(f"{image}: no label beside it; {image.stem}{_LABEL}.png or .bmp would be right.")
            images.append(image)
            labels.append(by_stem[image.stem + _LABEL])
    return images, labels
