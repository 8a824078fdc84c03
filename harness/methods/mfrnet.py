"""MFRNet as a method of the harness, on cached features."""

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.methods.backbone_weights import open_backbone
from harness.methods.base import FitReport
from harness.methods.feature_method import FeatureMethod
from mfrnet import (
    AnomalyMaps,
    Detector,
    FeatureStack,
    MFRNet,
    MFRNetSettings,
    check_layers,
    check_masks,
    fit_detector,
    global_batch_size,
)


class MFRNetMethod(FeatureMethod[MFRNetSettings, Detector]):
    """Crossed-mask restoration of multi-scale features."""

    version: ClassVar[int] = 3
    Settings: ClassVar[type[MFRNetSettings]] = MFRNetSettings
    relative_cost: ClassVar[float] = 1.0

    @classmethod
    def check(cls, settings: MFRNetSettings, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and masks that do not fit the map."""
        check_layers(settings)
        check_masks(settings, image_size_px)

    @classmethod
    def global_batch_size(cls, settings: MFRNetSettings, image_size_px: tuple[int, int]) -> int:
        """Images per training step."""
        return global_batch_size(settings, image_size_px)

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps of restoration errors."""
        return self._model.anomaly_map(images_BHWC)

    def save(self, folder: Path) -> None:
        """Write what ``MFRNet.load`` reads."""
        self._model.save(folder)

    @property
    def num_frozen_parameters(self) -> int:
        """Parameters of the backbone up to the last layer that is used."""
        return self._model.backbone.num_parameters

    @cached_property
    def _model(self) -> MFRNet:
        context = self._context
        backbone = open_backbone(self._settings, context.weights)
        return MFRNet(self._settings, backbone, context.seed, context.device, self._detector)

    def _fit(self, stack: FeatureStack, report: FitReport) -> Detector:
        return fit_detector(stack, self._settings, self._context.seed, self._context.device, report)
