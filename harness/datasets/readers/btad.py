"""BTAD: three industrial products with body and surface defects."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.image_folders import defect_sample, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset

_COUNTS = {"01": (400, 70), "02": (399, 230), "03": (1000, 441)}
_KIND = "ko"


class BTAD(PublishedDataset):
    """The published split and masks; the one kind of defect is ``ko``.

    Images are ``.bmp`` in 01 and 03 and ``.png`` in 02, masks ``.png`` in 01 and 02 and ``.bmp`` in
    03: a mask is found by its image's name without suffix. Masks of some defects are empty; those
    images stay in the test set, as in published numbers.
    """

    info = DatasetInfo(
        name="btad",
        title="beanTech Anomaly Detection",
        citation=(
            "P. Mishra, R. Verk, D. Fornasier, C. Piciarelli, G. L. Foresti: VT-ADL: A Vision Transformer Network for "
            "Image Anomaly Detection and Localization. ISIE, 2021."
        ),
        licence="CC BY-NC-SA 4.0 by common account; the download itself names none",
        homepage="https://avires.dimi.uniud.it/papers/btad/btad.zip",
        layout="btad/{01,02,03}/train/ok/0000.bmp, test/{ok,ko}/0000.bmp, ground_truth/ko/0000.png; each bmp or png",
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders.",
    )
    names = tuple(_COUNTS)

    def _files(self, base: Path, category: str) -> list[Path]:
        places = ("train/ok", "test/ok", "test/ko", "ground_truth/ko")
        return [path for place in places for path in images_in(base / category / place)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        folder = base / category
        truth = folder / "ground_truth" / _KIND
        masks = {mask.stem: mask for mask in images_in(truth)}
        good = [normal_sample(base, image) for image in images_in(folder / "test/ok")]
        defects = [
            defect_sample(base, image, masks.get(image.stem, truth / f"{image.stem}.png"), kind=_KIND)
            for image in images_in(folder / "test" / _KIND)
        ]
        train = tuple(normal_sample(base, image) for image in images_in(folder / "train/ok"))
        return Split(train=train, test=(*good, *defects))
