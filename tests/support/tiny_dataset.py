"""A data set of files that are no images, for splits that need no pixels: equal bytes are twins."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.datasets import DatasetInfo, Sample, Split


class TinyDataset:
    """One category; normal images ``n00`` ... and defects ``d00`` ..., whose bytes name what they show."""

    version = 1

    def __init__(self, folder: Path, normal: Sequence[int], defect: Sequence[int], *, is_drawn: bool) -> None:
        """Args:
        folder: Where the files are written.
        normal: What each normal image shows; equal numbers are twins.
        defect: What each defect image shows.
        is_drawn: Whether the seed decides who trains, half of the normal images; else it is the
            first half.
        """
        self.info = DatasetInfo("tiny", "Tiny", "", "", "", "", {})
        self._folder = folder
        self._is_drawn = is_drawn
        self._samples = [
            Sample(f"{letter}{index:02d}", folder / f"{letter}{index:02d}", None, letter == "d", "good")
            for letter, shown in (("n", normal), ("d", defect))
            for index in range(len(shown))
        ]
        for sample, shown in zip(self._samples, (*normal, *defect), strict=True):
            sample.image.write_text(f"thing {shown}")

    def folder(self, root: Path) -> Path:
        return self._folder

    def is_installed(self, root: Path) -> bool:
        return True

    def categories(self, root: Path) -> tuple[str, ...]:
        return ("tiny",)

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        return tuple(sample.image for sample in self._samples)

    def split(self, root: Path, category: str, seed: int) -> Split:
        normal = [sample for sample in self._samples if not sample.is_defect]
        order = np.random.default_rng(seed).permutation(len(normal)) if self._is_drawn else range(len(normal))
        train = {normal[index].id for index in list(order)[: len(normal) // 2]}
        return Split(
            train=tuple(sample for sample in normal if sample.id in train),
            test=tuple(sample for sample in self._samples if sample.id not in train),
            left_out=(("x00", "defect image with an empty mask"),),
            is_seeded=self._is_drawn,
        )
