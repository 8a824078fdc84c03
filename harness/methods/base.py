"""The interface of a method: it is fitted on normal images and then gives an anomaly map for every image."""

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
"""Called with the number of steps done, the total number of steps, and the loss (None if there is none)."""


@dataclass(frozen=True, kw_only=True)
class MethodContext:
    """Everything a method needs besides its settings."""

    seed: int
    device: str
    """A torch device, e.g. ``"cpu"`` or ``"cuda"``."""
    weights: Path | None = None
    """Local backbone weights; None for timm's own weights."""
    features: FeatureCache = field(default_factory=FeatureCache)


class Method(Interface):
    """A detector for one cell.

    Equal settings, seed and images give equal maps to the last bit on one machine. The class
    ``harness.testing.MethodContract`` tests what is said here.
    """

    version: ClassVar[int]
    """Increased when the same settings give other maps than before; part of the identity of every cell."""
    Settings: ClassVar[type[Any]]
    """A frozen dataclass with a default for every field. ``bench methods`` shows the metadata of the fields:
    ``help``, ``low``, ``high`` and ``choices``, each optional."""
    relative_cost: ClassVar[float]
    """Rough time per image relative to MFRNet's; only used to order the queue."""

    def __init__(self, settings: Any, context: MethodContext) -> None:
        """Build the detector without loading anything."""
        ...

    @classmethod
    def check(cls, settings: Any, image_size_px: tuple[int, int]) -> None:
        """Refuse settings that cannot work on images of this size, without loading weights.

        Args:
            settings: An instance of ``Settings``.
            image_size_px: Height and width.

        Raises:
            ValueError: The settings do not suit; the message is one line that says what is expected.
        """
        ...

    @classmethod
    def check_weights(cls, settings: Any, weights: Path | None) -> None:
        """Load the pre-trained weights that fitting will need, and discard them.

        Raises:
            WeightsError: They are missing, cannot be downloaded, or do not fit.
        """
        ...

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Learn from normal images, all of one size."""
        ...

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Yield maps of ``images.size_px`` and image scores batch by batch, in the order of the images."""
        ...

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps and scores of images in memory, including the backbone and without any cache.

        Latency is measured on this method. The result equals that of ``score`` except for rounding.

        Args:
            images_BHWC: RGB, 0 to 255, of the size that the method was fitted on.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write everything that ``judge`` needs into an empty folder, including the backbone."""
        ...

    @property
    def num_parameters(self) -> int:
        """Number of learned parameters after ``fit``, without a frozen backbone."""
        ...

    @property
    def num_frozen_parameters(self) -> int:
        """Number of parameters of the frozen backbone that ``judge`` runs."""
        ...
