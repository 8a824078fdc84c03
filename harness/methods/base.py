"""The contract of a method with the harness: it fits on normal images, then gives a map for every image."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray
from torch import nn

from harness.images import ImageSet
from harness.methods.feature_cache import FeatureCache
from harness.methods.state import MethodState
from harness.methods.training_cache import TrainingCache
from harness.regimes import ONE_CLASS
from mfrnet import AnomalyMaps

FitReport = Callable[[int, int, float | None], None]
"""Called with the steps done, the total number of steps and the loss (None if the method has no loss)."""


@dataclass(frozen=True, kw_only=True)
class MethodContext:
    """What a method receives in addition to its settings."""

    seed: int
    device: str
    """A torch device, e.g. ``"cpu"`` or ``"cuda:1"``."""
    weights: Path | None = None
    """Local backbone weights; None for timm's own weights."""
    features: FeatureCache = field(default_factory=FeatureCache)
    trainings: TrainingCache | None = None
    """What was trained for other fits; None: every fit trains."""
    regime: str = ONE_CLASS
    """What the images of ``fit`` are; a method may treat a few images of a category in another way."""


class Method(Interface):
    """A detector for one cell.

    Equal settings, seed and images give bit-identical maps on one machine.
    """

    version: ClassVar[int]
    """Increased when the same settings would give other maps; part of every cell's identity."""
    Settings: ClassVar[type[Any]]
    """A frozen dataclass with a default for every field. ``bench methods`` shows the metadata of the fields:
    ``help``, ``low``, ``high`` and ``choices``, each optional."""
    relative_cost: ClassVar[float]
    """Approximate time per image relative to MFRNet; used only to order the queue."""
    can_be_kept: ClassVar[bool]
    """Whether ``restore`` works; a method without it can be measured and not kept."""
    regimes: ClassVar[frozenset[str]]
    """Of ``harness.regimes.KINDS``, those that ``fit`` is made for; ``multi-class`` needs ``can_be_kept`` as well."""
    min_shots: ClassVar[int]
    """Fewest images that ``fit`` takes in a few-shot regime."""
    after_training: ClassVar[frozenset[str]]
    """Settings that training does not read, of a method whose fits take the network from ``context.trainings``; empty
    for all others."""

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
            ValueError: One line that states what was expected and what was given.
        """
        ...

    @classmethod
    def global_batch_size(cls, settings: Any, image_size_px: tuple[int, int]) -> int:
        """Images of a training step, which the number of processes of a ``torch.distributed`` group must divide.

        1 for a method that does not divide the work of ``fit`` and ``score``; 0, which every number divides, for a
        method that accepts any number of processes.
        """
        ...

    @classmethod
    def num_steps(cls, settings: Any, num_images: int, image_size_px: tuple[int, int], regime: str) -> int:
        """Steps that ``fit`` takes and reports; 1 for a method that is not trained in steps.

        Args:
            settings: An instance of ``Settings``.
            num_images: Images that ``fit`` is given, at least 1.
            image_size_px: Their height and width.
            regime: What they are; a method may make more of a few.
        """
        ...

    @classmethod
    def check_weights(cls, settings: Any, weights: Path | None) -> None:
        """Load the pre-trained weights that fitting will need, then discard them.

        Raises:
            WeightsError: They are missing, cannot be downloaded, or do not fit.
        """
        ...

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Learn from normal images of one size; all processes of a group call it with the same images."""
        ...

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Maps of ``images.size_px`` and image scores, a batch at a time and in order.

        In a group of processes every process yields all maps, and must consume all of them.
        """
        ...

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps and scores of images in memory, including the backbone and without any cache.

        Latency is measured on this method. It returns what ``score`` yields, up to rounding, and never divides work.
        Several threads may call it at once.

        Args:
            images_BHWC: uint8 RGB, of the size of the images in ``fit``.
        """
        ...

    def state(self) -> MethodState:
        """Everything that ``judge`` needs after ``fit``, on the CPU; its size in a file is the size of the method."""
        ...

    def restore(self, state: MethodState) -> None:
        """Become the fitted method of ``state``, which has the same settings: ``judge`` then gives the same maps to
        the last bit on the same machine. Called instead of ``fit``, and only where ``can_be_kept``.

        Args:
            state: As ``state`` returned it; without its ``backbone`` the weights of the context are opened.

        Raises:
            WeightsError: The weights that it needs are missing or do not fit.
        """
        ...

    def network(self) -> nn.Module:
        """What ``judge`` computes, as one module for an export.

        Its input is a uint8 tensor of images, ``BHW3``, of the size of the images in ``fit``; it returns float maps
        ``BHW`` and scores ``B``. Operations depend on the values of no tensor.
        """
        ...

    @property
    def num_parameters(self) -> int:
        """Learned parameters after ``fit``, without a frozen backbone."""
        ...

    @property
    def num_frozen_parameters(self) -> int:
        """Number of parameters of the frozen backbone that ``judge`` runs."""
        ...
