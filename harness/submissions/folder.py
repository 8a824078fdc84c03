"""The folder that the evaluation server of MVTec AD 2 takes: a map and a mask of each private image.

Source: the data set's public utilities (``mvtec_ad_2_public_offline.py`` and ``check_and_prepare_data_for_upload.py``
of ``MVTecAD2_public_code_utils``, as public repositories hold them)::

    anomaly_images/can/test_private/000_regular.tiff                one channel of float16, higher is more anomalous
    anomaly_images/can/test_private_mixed/000_mixed.tiff
    anomaly_images_thresholded/can/test_private/000_regular.png     one channel of 8 bits, 255 where anomalous, else 0
    anomaly_images_thresholded/can/test_private_mixed/000_mixed.png

Shapes: Y x X pixels of an image.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from harness.atomic_files import unfinished_file
from harness.images import resize_map

MAPS, MASKS = "anomaly_images", "anomaly_images_thresholded"
SUFFIX_OF = {MAPS: ".tiff", MASKS: ".png"}
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True, order=True)
class PrivateImage:
    """An image whose ground truth the authors keep."""

    group: str
    """Category of the data set, such as ``can``."""
    part: str
    """Name of the private set."""
    stem: str
    """File name without suffix."""
    path: Path
    size_px: tuple[int, int]
    """Height and width."""


def map_file(folder: Path, image: PrivateImage) -> Path:
    """Where the map of an image belongs in the folder of a submission."""
    return folder / MAPS / image.group / image.part / f"{image.stem}{SUFFIX_OF[MAPS]}"


def mask_file(folder: Path, image: PrivateImage) -> Path:
    """Where the mask of an image belongs in the folder of a submission."""
    return folder / MASKS / image.group / image.part / f"{image.stem}{SUFFIX_OF[MASKS]}"


def write_map(path: Path, map_YX: NDArray[np.float32], size_px: tuple[int, int]) -> None:
    """Write a map as TIFF, whole or not at all.

    Without compression, as the authors' examples have it: a server need not know any.

    Args:
        path: Missing parent folders are made.
        map_YX: Of any size; resized (bilinear). Values beyond those of float16 become the nearest one.
        size_px: Height and width of the image.
    """
    values = resize_map(map_YX, size_px).clip(-_LARGEST, _LARGEST).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished_file(path) as unfinished, unfinished.open("wb") as file:
        tifffile.imwrite(file, values, photometric="minisblack", metadata=None)
