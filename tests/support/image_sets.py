"""Sets of images on disk, for tests of what reads them."""

from pathlib import Path

from harness.images import ImageSet
from tests.support.miniatures import write_image


def image_set(folder: Path, num_images: int, size_px: tuple[int, int]) -> ImageSet:
    """Noisy images ``0.png``, ``1.png``, ... written to a folder, as a set with the key ``a``."""
    ids = tuple(f"{number}.png" for number in range(num_images))
    for number, name in enumerate(ids):
        write_image(folder / name, number, size_px=size_px)
    return ImageSet(ids=ids, paths=tuple(folder / name for name in ids), size_px=size_px, key="a")
