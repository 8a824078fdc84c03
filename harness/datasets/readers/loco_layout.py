"""The layout of MVTec LOCO AD: a folder of masks for each image, and a file that says when a defect is found."""

from pathlib import Path
from typing import Any

from harness.datasets._base import Sample, Saturation, Split
from harness.datasets.image_folders import GOOD, defect_sample, folders_in, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset, read_json
from harness.errors import DataError

_CONFIG = "defects_config.json"


class LOCOLayout(PublishedDataset):
    """Laid out as MVTec LOCO AD is; the published split and masks, one mask file a defect.

    Validation images, where there are any, are normal: neither trained on nor tested on, and listed as left out.
    """

    first_mask = "000.png"
    """Name of the first mask of an image."""
    spro_by_kind = True
    """See `Split`."""

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
                    masks = images_in(place) or [place / self.first_mask]
                    test.append(defect_sample(base, image, *masks, kind=kind.name, masks_hold_labels=True))
        validation = tuple(normal_sample(base, image) for image in images_in(folder / "validation" / GOOD))
        return Split(
            train=tuple(normal_sample(base, image) for image in images_in(folder / "train" / GOOD)),
            test=tuple(test),
            left_out=tuple((sample.id, "normal image of the published validation set") for sample in validation),
            saturations=_read_saturations(folder / _CONFIG),
            spro_by_kind=self.spro_by_kind,
            validation=validation,
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
