"""What a method is to the rest of the harness: fit on normal images, then a map for every image."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from harness.images import ImageSet
from harness.methods.feature_cache import FeatureCache
from mfrnet import AnomalyMaps

FitReport = Callable[[int, int, float | None], None]
"""Called with steps done, steps in all and the loss (None where there is none)."""


@dataclass(frozen=True, kw_only=True)
class MethodContext:
    """What a method is given beside its settings."""

    seed: int
    device: str
    """A torch device, e.g. ``"cpu"`` or ``"cuda"``."""
    weights: Path | None = None
    """Local backbone weights; None for timm's own."""
    features: FeatureCache = field(default_factory=FeatureCache)


class Method(Interface):
    """One detector, built for one cell.

    Equal settings, seed and images give equal maps to the last bit on one machine.
    """

    version: ClassVar[int]
    """Raised when the same settings would give other maps; part of every cell's identity."""
    Settings: ClassVar[type[Any]]
    """A frozen dataclass with a default for every field."""
    relative_cost: ClassVar[float]
    """Roughly how long an image takes, MFRNet's being 1; only orders the queue."""

    def __init__(self, settings: Any, context: MethodContext) -> None:
        """Build the detector; loads nothing yet."""
        ...

    @classmethod
    def check(cls, settings: Any, image_size_px: tuple[int, int]) -> None:
        """Refuse settings that cannot work on images of this size, without loading weights.

        Raises:
            ValueError: One line: what was asked and what would be right.
        """
        ...

    @classmethod
    def check_weights(cls, settings: Any, weights: Path | None) -> None:
        """Load the pre-trained weights that fitting will need, and forget them again.

        Raises:
            WeightsError: They are missing, cannot be downloaded, or do not fit.
        """
        ...

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Learn from normal images of one size."""
        ...

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Maps of ``images.size_px`` and image scores, a batch at a time and in order."""
        ...

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps and scores of images in memory, backbone included and nothing cached.

        What latency is measured on; gives what ``score`` gives, but for rounding.

        Args:
            images_BHWC: RGB, 0 to 255, of the size that was fitted.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write everything that judging needs into an empty folder, backbone included."""
        ...

    @property
    def num_parameters(self) -> int:
        """Learned parameters after ``fit``, a frozen backbone excluded."""
        ...

    @property
    def num_frozen_parameters(self) -> int:
        """Parameters of the frozen backbone that ``judge`` runs."""
        ...
