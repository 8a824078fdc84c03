"""The control without restoration: MFRNet's features, calibration and map with one Gaussian per layer."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from harness.images import ImageSet
from harness.methods.base import FitReport
from harness.methods.feature_method import FeatureMethod
from harness.methods.gaussian_detector import GaussianDetector, fit_gaussian
from mfrnet import AnomalyMaps, FeatureStack, MapSettings, check_layers, extract_features, grid_for


class GaussianMethod(FeatureMethod[MapSettings, GaussianDetector]):
    """The control: one Gaussian of the whitened features per layer group, without restoration."""

    version: ClassVar[int] = 5
    Settings: ClassVar[type[MapSettings]] = MapSettings
    relative_cost: ClassVar[float] = 0.1

    @classmethod
    def check(cls, settings: MapSettings, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and a grid without positions."""
        check_layers(settings)
        grid_for(image_size_px, settings.grid_stride_px)

    @classmethod
    def global_batch_size(cls, settings: MapSettings, image_size_px: tuple[int, int]) -> int:
        """0: any number of processes is accepted."""
        del settings, image_size_px
        return 0

    @classmethod
    def num_steps(cls, settings: MapSettings, num_images: int, image_size_px: tuple[int, int], regime: str) -> int:
        """1: the statistics are learned in one pass."""
        del settings, num_images, image_size_px, regime
        return 1

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps of Mahalanobis distances."""
        stack = extract_features(self._backbone, [images_BHWC], len(images_BHWC))
        return self._detector.judge(stack.batch(range(len(stack))))

    def _fit(self, stack: FeatureStack, images: ImageSet, report: FitReport) -> GaussianDetector:
        del images
        detector = fit_gaussian(stack, self._settings, self._context.seed, self._context.device)
        report(1, 1, None)
        return detector

    def _tensors(self) -> Mapping[str, Tensor]:
        return {name: value.contiguous().cpu() for name, value in self._detector.tensors().items()}

    def _restored(self, tensors: Mapping[str, Tensor], image_size_px: tuple[int, int]) -> GaussianDetector:
        return GaussianDetector.of_tensors(tensors, self._settings, image_size_px, self._context.device)
