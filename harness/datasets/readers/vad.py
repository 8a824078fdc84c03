"""VAD: one automotive part, a piezo with its wires and solder, from a production line."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.image_folders import GOOD, defect_sample, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset

_BAD = "bad"
_UNSEEN = "bad_unseen_defects"


class ValeoAnomalyDataset(PublishedDataset):
    """The published split without the defects among its training images, which are left out and counted.

    There are no masks: only metrics of images are defined. Kinds are ``bad`` and ``bad_unseen_defects``, kinds of
    defects that do not occur in the training folder. Layout, counts and licence are those of the README of
    github.com/abc-125/vad, which has 1,000 bad images in the test set, 165 of them unseen ones.
    """

    info = DatasetInfo(
        name="vad",
        title="Valeo Anomaly Dataset",
        citation=(
            "A. Baitieva, D. Hurych, V. Besnier, O. Bernard: Supervised Anomaly Detection for Complex Industrial "
            "Images. CVPR, 17754-17762, 2024."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://github.com/abc-125/vad",
        layout="vad/train/{good,bad}/*.png, vad/test/{good,bad,bad_unseen_defects}/*.png; no masks",
        counts={"vad": (2000, 2000)},
        split_author="authors",
        split_note="The authors' training and test folders; defect images in the training folder are left out.",
    )
    names = ("vad",)

    def _has(self, base: Path, category: str) -> bool:
        # Many a folder has train/good and test/good.
        return all((base / place).is_dir() for place in (f"train/{GOOD}", f"train/{_BAD}", f"test/{_UNSEEN}"))

    def _files(self, base: Path, category: str) -> list[Path]:
        places = (f"train/{GOOD}", f"train/{_BAD}", f"test/{GOOD}", f"test/{_BAD}", f"test/{_UNSEEN}")
        return [path for place in places for path in images_in(base / place)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        good = [normal_sample(base, image) for image in images_in(base / "test" / GOOD)]
        bad = [(kind, image) for kind in (_BAD, _UNSEEN) for image in images_in(base / "test" / kind)]
        return Split(
            train=tuple(normal_sample(base, image) for image in images_in(base / "train" / GOOD)),
            test=(*good, *(defect_sample(base, image, kind=kind) for kind, image in bad)),
            left_out=tuple(
                (image.relative_to(base).as_posix(), "defect image of the published training set")
                for image in images_in(base / "train" / _BAD)
            ),
        )
