"""A data set: stripes, some of which have a bright square."""

from pathlib import Path

import numpy as np
from PIL import Image

from harness.datasets import DatasetInfo, Sample, Split
from harness.errors import UnknownNameError


class Stripes:
    """Files ``stripes/train/*.png``, ``stripes/good/*.png``, ``stripes/square/*.png`` and ``stripes/mask.png``."""

    version = 1
    info = DatasetInfo(
        name="stripes",
        title="Stripes",
        citation="",
        licence="",
        homepage="",
        layout="stripes/{train,good,square}/*.png",
        counts={},
        split_author="ours",
        split_note="Generated with its split.",
    )

    def folder(self, root: Path) -> Path:
        return root / "stripes"

    def is_installed(self, root: Path) -> bool:
        return (self.folder(root) / "mask.png").is_file()

    def categories(self, root: Path) -> tuple[str, ...]:
        return ("stripes",)

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        self._check(category)
        return tuple(sorted(self.folder(root).rglob("*.png")))

    def split(self, root: Path, category: str, seed: int) -> Split:
        self._check(category)
        good, square = self._samples(root, "good"), self._samples(root, "square")
        return Split(train=self._samples(root, "train"), test=(*good, *square))

    def _samples(self, root: Path, part: str) -> tuple[Sample, ...]:
        is_defect = part == "square"
        return tuple(
            Sample(
                id=f"{part}/{image.name}",
                image=image,
                mask=self.folder(root) / "mask.png" if is_defect else None,
                is_defect=is_defect,
                defect_kind="square" if is_defect else "good",
            )
            for image in sorted((self.folder(root) / part).glob("*.png"))
        )

    def _check(self, category: str) -> None:
        if category != "stripes":
            raise UnknownNameError.of("category of stripes", category, ["stripes"])


def write_stripes(root: Path) -> None:
    """Make the data set below a data root."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 6), ("good", 4), ("square", 4)):
        folder = root / "stripes" / part
        folder.mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(90, 110, (32, 32, 3), dtype=np.uint8)
            pixels[:, ::4] += 60
            if part == "square":
                pixels[8:16, 8:16] = 250
            Image.fromarray(pixels).save(folder / f"{number}.png")
    mask = np.zeros((32, 32), np.uint8)
    mask[8:16, 8:16] = 255
    Image.fromarray(mask).save(root / "stripes" / "mask.png")
