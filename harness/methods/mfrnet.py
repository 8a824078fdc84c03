"""MFRNet as a method of the harness, on cached features."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from harness.images import ImageSet
from harness.methods.base import FitReport
from harness.methods.feature_method import FeatureMethod
from harness.methods.few_views import VIEWS_OF_FEW
from harness.regimes import shots_of
from mfrnet import (
    AnomalyMaps,
    Detector,
    FeatureStack,
    MFRNet,
    MFRNetSettings,
    calibrate,
    check_layers,
    check_masks,
    detector_of,
    fit_detector,
    global_batch_size,
    num_steps,
    tensors_of,
)


class MFRNetMethod(FeatureMethod[MFRNetSettings, Detector]):
    """Crossed-mask restoration of multi-scale features."""

    version: ClassVar[int] = 6
    Settings: ClassVar[type[MFRNetSettings]] = MFRNetSettings
    relative_cost: ClassVar[float] = 1.0
    after_training: ClassVar[frozenset[str]] = MFRNetSettings.after_training()

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
    def num_steps(cls, settings: MFRNetSettings, num_images: int, image_size_px: tuple[int, int], regime: str) -> int:
        """Optimiser steps, by the number of images or, of few shots, of their views."""
        num_views = num_images if shots_of(regime) is None else VIEWS_OF_FEW * num_images
        return num_steps(settings, num_views, image_size_px)

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps of restoration errors."""
        return self._model.anomaly_map(images_BHWC)

    @cached_property
    def _model(self) -> MFRNet:
        context = self._context
        return MFRNet(self._settings, self._backbone, context.seed, context.device, self._detector)

    def _fit(self, stack: FeatureStack, images: ImageSet, report: FitReport) -> Detector:
        settings, context = self._settings, self._context
        if context.trainings is None:
            return fit_detector(stack, settings, context.seed, context.device, report)
        trained = context.trainings.trained(
            stack,
            images,
            settings,
            seed=context.seed,
            weights=context.weights,
            device=context.device,
            report=report,
        )
        return calibrate(trained, stack, settings)

    def _tensors(self) -> Mapping[str, Tensor]:
        return tensors_of(self._detector)

    def _restored(self, tensors: Mapping[str, Tensor], image_size_px: tuple[int, int]) -> Detector:
        return detector_of(tensors, self._settings, image_size_px, self._context.device)
