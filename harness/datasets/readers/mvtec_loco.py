"""MVTec LOCO AD: logical anomalies (a part too many, in the wrong place) beside structural ones."""

from pathlib import Path
from typing import Any

from harness.datasets._base import DatasetInfo, Sample, Saturation, Split
from harness.datasets.image_folders import GOOD, defect_sample, folders_in, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset, read_json
from harness.errors import DataError

_CONFIG = "defects_config.json"
_COUNTS = {
    "breakfast_box": (351, 275),
    "juice_bottle": (335, 330),
    "pushpins": (372, 310),
    "screw_bag": (360, 341),
    "splicing_connectors": (360, 312),
}


class MVTecLOCO(PublishedDataset):
    """The published split and masks, one mask file a defect; kinds are logical and structural anomalies.

    The validation images are normal and are not used: neither trained on nor tested on, but listed as
    left out. ``defects_config.json`` gives the saturations of the data set's own metric, sPRO. The
    archive holds 1,778 training and 305 validation images, six and one more than the paper states.
    """

    info = DatasetInfo(
        name="mvtec_loco",
        title="MVTec LOCO AD",
        citation=(
            "P. Bergmann, K. Batzner, M. Fauser, D. Sattlegger, C. Steger: Beyond Dents and Scratches: Logical "
            "Constraints in Unsupervised Anomaly Detection and Localization. IJCV 130, 947-969, 2022."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.mvtec.com/company/research/datasets/mvtec-loco",
        layout=(
            "mvtec_loco/<category>/train/good/000.png, validation/good/, test/{good,logical_anomalies,"
            "structural_anomalies}/000.png, ground_truth/<kind>/000/000.png (several a folder), defects_config.json"
        ),
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders; their validation images are left out.",
    )
    names = tuple(_COUNTS)

    def _files(self, base: Path, category: str) -> list[Path]:
        folder = base / category
        places = [folder / "train" / GOOD, folder / "validation" / GOOD, *folders_in(folder / "test")]
        places += [place for kind in folders_in(folder / "ground_truth") for place in folders_in(kind)]
        return [folder / _CONFIG, *(path for place in places for path in images_in(place))]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        folder = base / category
        test: list[Sample] = []
        for kind in folders_in(folder / "test"):
            for image in images_in(kind):
                if kind.name == GOOD:
                    test.append(normal_sample(base, image))
                else:
                    place = folder / "ground_truth" / kind.name / image.stem
                    masks = images_in(place) or [place / "000.png"]
                    test.append(defect_sample(base, image, *masks, kind=kind.name, masks_hold_labels=True))
        validation = images_in(folder / "validation" / GOOD)
        return Split(
            train=tuple(normal_sample(base, image) for image in images_in(folder / "train" / GOOD)),
            test=tuple(test),
            left_out=tuple(
                (image.relative_to(base).as_posix(), "normal image of the published validation set")
                for image in validation
            ),
            saturations=_read_saturations(folder / _CONFIG),
        )


def _read_saturations(path: Path) -> tuple[Saturation, ...]:
    entries = read_json(path)
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path}: expected a list of defect types; use the published file.")
    return tuple(_saturation(path, number, entry) for number, entry in enumerate(entries, 1))


def _saturation(path: Path, number: int, entry: Any) -> Saturation:
    keys = ("pixel_value", "saturation_threshold", "relative_saturation")
    values: list[Any] = [entry.get(key) if isinstance(entry, dict) else None for key in keys]
    value, threshold, is_relative = values
    is_right = (
        type(value) is int
        and 1 <= value <= 255
        and type(threshold) in (int, float)
        and type(is_relative) is bool
        and (0 < threshold <= 1 if is_relative else threshold >= 1)
    )
    if not is_right:
        raise DataError(
            f"{path}, entry {number}: expected 1 to 255, a fraction or a number of pixels, and true or false for "
            f"{', '.join(keys)}; got {value!r}, {threshold!r}, {is_relative!r}."
        )
    return Saturation(pixel_value=value, threshold=float(threshold), is_relative=is_relative)
