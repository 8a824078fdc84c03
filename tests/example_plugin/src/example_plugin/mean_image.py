"""A method: the distance of each pixel from the mean of the training images."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.images import ImageSet
from harness.methods.base import FitReport, MethodContext
from harness.methods.state import MethodState
from mfrnet import AnomalyMaps


@dataclass(frozen=True, kw_only=True)
class MeanImageSettings:
    """Settings of the method."""

    batch_size: int = field(default=16, metadata={"help": "Images that are read at once.", "low": 1})


class MeanImageMethod:
    """Distance from the mean training image."""

    version: ClassVar[int] = 1
    Settings: ClassVar[type[MeanImageSettings]] = MeanImageSettings
    relative_cost: ClassVar[float] = 0.01
    can_be_kept: ClassVar[bool] = True
    regimes: ClassVar[frozenset[str]] = frozenset({"one-class", "multi-class", "few-shot"})
    min_shots: ClassVar[int] = 1
    after_training: ClassVar[frozenset[str]] = frozenset()
    num_frozen_parameters = 0

    def __init__(self, settings: MeanImageSettings, context: MethodContext) -> None:
        self._settings = settings
        self._mean_HWC: NDArray[np.float32] | None = None

    @classmethod
    def check(cls, settings: MeanImageSettings, image_size_px: tuple[int, int]) -> None:
        if settings.batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, got {settings.batch_size}.")

    @classmethod
    def global_batch_size(cls, settings: MeanImageSettings, image_size_px: tuple[int, int]) -> int:
        """1: a single process."""
        return 1

    @classmethod
    def num_steps(
        cls, settings: MeanImageSettings, num_images: int, image_size_px: tuple[int, int], regime: str
    ) -> int:
        """1: nothing is trained in steps."""
        return 1

    @classmethod
    def check_weights(cls, settings: MeanImageSettings, weights: Path | None) -> None:
        """Do nothing; no weights are needed."""

    def fit(self, images: ImageSet, report: FitReport) -> None:
        batches = images.batches(self._settings.batch_size)
        self._mean_HWC = np.concatenate(list(batches)).mean(axis=0, dtype=np.float32)
        report(1, 1, None)

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        for batch in images.batches(self._settings.batch_size):
            yield self.judge(batch)

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        maps_BHW = np.abs(images_BHWC - self._mean_HWC).mean(axis=-1, dtype=np.float32)
        return AnomalyMaps(maps_BHW, maps_BHW.max(axis=(1, 2)))

    def network(self) -> nn.Module:
        return _Distance(torch.from_numpy(self._mean_HWC))

    def state(self) -> MethodState:
        return MethodState(tensors={"mean": torch.from_numpy(self._mean_HWC)})

    def restore(self, state: MethodState) -> None:
        self._mean_HWC = state.tensors["mean"].numpy()

    @property
    def num_parameters(self) -> int:
        return int(self._mean_HWC.size)


class _Distance(nn.Module):
    def __init__(self, mean_HWC: Tensor) -> None:
        super().__init__()
        self._mean_HWC = mean_HWC

    def forward(self, images_BHW3: Tensor) -> tuple[Tensor, Tensor]:
        maps_BHW = (images_BHW3.float() - self._mean_HWC).abs().mean(dim=-1)
        return maps_BHW, maps_BHW.flatten(1).amax(1)
