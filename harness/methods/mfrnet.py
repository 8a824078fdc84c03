"""MFRNet as a method of the harness, on cached features."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone
from harness.methods.base import FitReport, MethodContext
from mfrnet import (
    AnomalyMaps,
    Detector,
    MFRNet,
    MFRNetSettings,
    check_layers,
    check_masks,
    fit_detector,
    global_batch_size,
)


class MFRNetMethod:
    """Crossed-mask restoration of multi-scale features."""

    version: ClassVar[int] = 2
    Settings: ClassVar[type[MFRNetSettings]] = MFRNetSettings
    relative_cost: ClassVar[float] = 1.0
    is_data_parallel: ClassVar[bool] = True

    def __init__(self, settings: MFRNetSettings, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._detector: Detector | None = None

    @classmethod
    def check(cls, settings: MFRNetSettings, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and masks that do not fit the map."""
        check_layers(settings)
        check_masks(settings, image_size_px)

    @classmethod
    def global_batch_size(cls, settings: MFRNetSettings, image_size_px: tuple[int, int]) -> int:
        """Images per training step."""
        return global_batch_size(settings, image_size_px)

    @classmethod
    def check_weights(cls, settings: MFRNetSettings, weights: Path | None) -> None:
        """Open the backbone."""
        open_backbone(settings, weights)

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Train the restoration network."""
        context = self._context
        stack = context.features.stack(images, self._settings, context.weights, context.device)
        try:
            self._detector = fit_detector(stack, self._settings, context.seed, context.device, report)
        except ValueError as error:
            raise DataError(str(error)) from error

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Maps of restoration errors."""
        assert self._detector is not None, "fit comes first"
        context = self._context
        yield from self._detector.judge_all(
            context.features.stack(images, self._settings, context.weights, context.device)
        )

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps of restoration errors."""
        return self._model.anomaly_map(images_BHWC)

    def save(self, folder: Path) -> None:
        """Write what ``MFRNet.load`` reads."""
        self._model.save(folder)

    @cached_property
    def _model(self) -> MFRNet:
        assert self._detector is not None, "fit comes first"
        context = self._context
        backbone = open_backbone(self._settings, context.weights)
        return MFRNet(self._settings, backbone, context.seed, context.device, self._detector)

    @property
    def num_parameters(self) -> int:
        """Parameters of the restoration network."""
        assert self._detector is not None, "fit comes first"
        return self._detector.num_parameters

    @property
    def num_frozen_parameters(self) -> int:
        """Parameters of the backbone up to the last layer that is used."""
        return self._model.backbone.num_parameters
