"""The control without restoration: MFRNet's features, calibration and map with one Gaussian per layer."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file

from harness.errors import DataError
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone
from harness.methods.base import FitReport, MethodContext
from harness.methods.gaussian_detector import GaussianDetector, fit_gaussian
from mfrnet import AnomalyMaps, Backbone, MapSettings, check_grid, check_layers, extract_features


class GaussianMethod:
    """One Gaussian of the raw features per layer group."""

    version: ClassVar[int] = 2
    Settings: ClassVar[type[MapSettings]] = MapSettings
    relative_cost: ClassVar[float] = 0.1
    is_data_parallel: ClassVar[bool] = True

    def __init__(self, settings: MapSettings, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._detector: GaussianDetector | None = None

    @classmethod
    def check(cls, settings: MapSettings, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and a grid without positions."""
        check_layers(settings)
        check_grid(settings, image_size_px)

    @classmethod
    def global_batch_size(cls, settings: MapSettings, image_size_px: tuple[int, int]) -> int:
        """0: any number of processes is accepted."""
        del settings, image_size_px
        return 0

    @classmethod
    def check_weights(cls, settings: MapSettings, weights: Path | None) -> None:
        """Open the backbone."""
        open_backbone(settings, weights)

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Estimate mean and covariance."""
        context = self._context
        stack = context.features.stack(images, self._settings, context.weights, context.device)
        try:
            self._detector = fit_gaussian(stack, self._settings, context.seed, context.device)
        except ValueError as error:
            raise DataError(str(error)) from error
        report(1, 1, None)

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Maps of Mahalanobis distances."""
        assert self._detector is not None, "fit comes first"
        context = self._context
        yield from self._detector.judge_all(
            context.features.stack(images, self._settings, context.weights, context.device)
        )

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """Maps of Mahalanobis distances."""
        assert self._detector is not None, "fit comes first"
        stack = extract_features(self._backbone, [images_BHWC], len(images_BHWC))
        return self._detector.judge(stack.batch(range(len(stack))))

    def save(self, folder: Path) -> None:
        """Write the backbone and everything learned as safetensors."""
        assert self._detector is not None, "fit comes first"
        tensors = {f"backbone.{name}": value for name, value in self._backbone.state_dict().items()}
        tensors |= self._detector.tensors()
        save_file({name: value.contiguous().cpu() for name, value in tensors.items()}, folder / "model.safetensors")

    @cached_property
    def _backbone(self) -> Backbone:
        return open_backbone(self._settings, self._context.weights).to(self._context.device)

    @property
    def num_parameters(self) -> int:
        """Number of values in means and covariances."""
        assert self._detector is not None, "fit comes first"
        return self._detector.num_parameters

    @property
    def num_frozen_parameters(self) -> int:
        """Parameters of the backbone up to the last layer that is used."""
        return self._backbone.num_parameters
