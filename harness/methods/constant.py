"""The lower bound: the same map for every image. A protocol that gives it an AUROC above 0.5 is broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.images import ImageSet
from harness.methods.base import FitReport, MethodContext
from harness.methods.state import MethodState
from harness.regimes import KINDS
from mfrnet import AnomalyMaps

_BATCH = 16


@dataclass(frozen=True, kw_only=True)
class ConstantSettings:
    """No settings."""


class ConstantMethod:
    """Zero everywhere; reads every image, so that an unreadable image fails here too."""

    version: ClassVar[int] = 1
    Settings: ClassVar[type[ConstantSettings]] = ConstantSettings
    relative_cost: ClassVar[float] = 0.01
    can_be_kept: ClassVar[bool] = True
    regimes: ClassVar[frozenset[str]] = frozenset(KINDS)
    min_shots: ClassVar[int] = 1
    after_training: ClassVar[frozenset[str]] = frozenset()
    num_parameters = 0
    num_frozen_parameters = 0

    def __init__(self, settings: ConstantSettings, context: MethodContext) -> None:
        del settings, context

    @classmethod
    def check(cls, settings: ConstantSettings, image_size_px: tuple[int, int]) -> None:
        """Accept everything."""
        del settings, image_size_px

    @classmethod
    def global_batch_size(cls, settings: ConstantSettings, image_size_px: tuple[int, int]) -> int:
        """1: a single process."""
        del settings, image_size_px
        return 1

    @classmethod
    def num_steps(cls, settings: ConstantSettings, num_images: int, image_size_px: tuple[int, int], regime: str) -> int:
        """1: nothing is trained."""
        del settings, num_images, image_size_px, regime
        return 1

    @classmethod
    def check_weights(cls, settings: ConstantSettings, weights: Path | None) -> None:
        """Do nothing: the method has no weights."""
        del settings, weights

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Read every image and learn nothing."""
        for _ in images.batches(_BATCH):
            pass
        report(1, 1, None)

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Yield zeros."""
        for batch in images.batches(_BATCH):
            yield self.judge(batch)

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Return zeros."""
        return AnomalyMaps(np.zeros(images_BHWC.shape[:3], np.float32), np.zeros(len(images_BHWC), np.float32))

    def network(self) -> nn.Module:
        """Zeros."""
        return _Zeros()

    def state(self) -> MethodState:
        """Nothing."""
        return MethodState(tensors={})

    def restore(self, state: MethodState) -> None:
        """Do nothing."""


class _Zeros(nn.Module):
    def forward(self, images_BHW3: Tensor) -> tuple[Tensor, Tensor]:
        maps_BHW = images_BHW3[..., 0].float() * 0
        return maps_BHW, maps_BHW.flatten(1).amax(1)
