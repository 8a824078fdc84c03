"""MVTec AD 2: eight scenarios with large images, changing light, and test sets that only a server judges."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.image_folders import GOOD, check_category, defect_sample, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset

_BAD = "bad"
_PRIVATE_SETS = {"test_private": "regular", "test_private_mixed": "mixed"}
"""Name of each private set to the light in the names of its images."""
_COUNTS = {
    "can": (412, 162),
    "fabric": (387, 156),
    "fruit_jelly": (263, 80),
    "rice": (313, 132),
    "sheet_metal": (137, 114),
    "vial": (291, 140),
    "wallplugs": (293, 150),
    "walnuts": (432, 150),
}
_PRIVATE_COUNTS = {
    "can": 321,
    "fabric": 314,
    "fruit_jelly": 255,
    "rice": 277,
    "sheet_metal": 142,
    "vial": 276,
    "wallplugs": 232,
    "walnuts": 228,
}
"""Images of each of the two private sets."""
_PLACES = (f"train/{GOOD}", f"validation/{GOOD}", f"test_public/{GOOD}", f"test_public/{_BAD}")
_TRUTH = f"test_public/ground_truth/{_BAD}"


class MVTecAD2(PublishedDataset):
    """Trains on ``train/good`` and tests on ``test_public``; the one kind of defect is ``bad``.

    ``validation/good`` is neither trained on nor tested on: it is ``Split.validation``, from which alone thresholds are
    set, by the authors' rule, and listed as left out. The private sets have no ground truth: `private_images` lists
    them.

    The layout is that of anomalib's reader (``anomalib/data/datasets/image/mvtecad2.py``, version 2.7), counts are
    those of table IV of the paper (arXiv 2503.21622) as public repositories quote it.
    """

    info = DatasetInfo(
        name="mvtec_ad_2",
        title="MVTec AD 2",
        citation=(
            "L. Heckler-Kram, J.-H. Neudeck, U. Scheler, R. Koenig, C. Steger: The MVTec AD 2 Dataset: Advanced "
            "Scenarios for Unsupervised Anomaly Detection. arXiv 2503.21622, 2025."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.mvtec.com/company/research/datasets/mvtec-ad-2",
        layout=(
            "mvtec_ad_2/<category>/train/good/000_regular.png, validation/good/, test_public/{good,bad}/, "
            "test_public/ground_truth/bad/000_regular_mask.png, test_private/, test_private_mixed/"
        ),
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training images and public test set; their validation images are left out.",
    )
    names = tuple(_COUNTS)
    private_counts = _PRIVATE_COUNTS

    def private_stems(self, category: str) -> dict[str, tuple[str, ...]]:
        """``000_regular`` and so on in ``test_private``, ``000_mixed`` and so on in ``test_private_mixed``."""
        numbers = range(self.private_counts[category])
        return {name: tuple(f"{number:03d}_{light}" for number in numbers) for name, light in _PRIVATE_SETS.items()}

    def private_images(self, root: Path, category: str) -> dict[str, tuple[Path, ...]]:
        """The images of ``test_private`` and ``test_private_mixed``."""
        check_category(self.info.name, category, self.categories(root))
        folder = self.folder(root) / category
        return {name: tuple(images_in(folder / name)) for name in _PRIVATE_SETS}

    def _has(self, base: Path, category: str) -> bool:
        return (base / category / "test_public").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        return [path for place in (*_PLACES, _TRUTH) for path in images_in(base / category / place)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        train, validation, good, bad = (images_in(base / category / place) for place in _PLACES)
        truth = base / category / _TRUTH
        calibrating = tuple(normal_sample(base, image) for image in validation)
        defects = [defect_sample(base, image, truth / f"{image.stem}_mask.png", kind=_BAD) for image in bad]
        return Split(
            train=tuple(normal_sample(base, image) for image in train),
            test=(*(normal_sample(base, image) for image in good), *defects),
            left_out=tuple((sample.id, "normal image of the published validation set") for sample in calibrating),
            validation=calibrating,
            threshold_rule="mean-3sd",
        )
