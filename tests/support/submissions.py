"""Folders of submissions, written without the code that writes them for a user."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from harness.submissions import PrivateImage


def private_images(sizes_px: dict[str, tuple[int, int]], count: int = 2) -> list[PrivateImage]:
    """``count`` images in each private set of each category."""
    return sorted(
        PrivateImage(group, part, f"{number:03d}_{light}", Path(group, part, f"{number:03d}_{light}.png"), size_px)
        for group, size_px in sizes_px.items()
        for part, light in (("test_private", "regular"), ("test_private_mixed", "mixed"))
        for number in range(count)
    )


def write_submission(folder: Path, images: Sequence[PrivateImage]) -> Path:
    """A map of noise and a mask of its brightest pixels for each image."""
    rng = np.random.default_rng(0)
    for image in images:
        values = rng.normal(size=image.size_px).astype(np.float16)
        place = Path(image.group, image.part, image.stem)
        for kind in ("anomaly_images", "anomaly_images_thresholded"):
            (folder / kind / place.parent).mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / "anomaly_images" / f"{place}.tiff", values)
        mask = ((values > 2) * 255).astype(np.uint8)
        Image.fromarray(mask).save(folder / "anomaly_images_thresholded" / f"{place}.png")
    return folder
