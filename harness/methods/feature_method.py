"""A method that fits a detector on cached features of a backbone, as MFRNet and its control do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from harness.errors import DataError
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone
from harness.methods.base import FitReport, MethodContext
from harness.methods.gaussian_detector import GaussianDetector
from mfrnet import AnomalyMaps, Detector, FeatureStack, MapSettings

S = TypeVar("S", bound=MapSettings)
D = TypeVar("D", Detector, GaussianDetector)


class FeatureMethod(ABC, Generic[S, D]):
    """The part that these methods share; a subclass fits the detector, judges images in memory and saves."""

    def __init__(self, settings: S, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._fitted: D | None = None

    @classmethod
    def check_weights(cls, settings: S, weights: Path | None) -> None:
        """Open the backbone."""
        open_backbone(settings, weights)

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Fit the detector on the features of the images."""
        try:
            self._fitted = self._fit(self._features(images), report)
        except ValueError as error:
            raise DataError(str(error)) from error

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Maps and scores of the detector."""
        yield from self._detector.judge_all(self._features(images))

    @property
    def num_parameters(self) -> int:
        """Number of values that the detector learned."""
        return self._detector.num_parameters

    @property
    def _detector(self) -> D:
        assert self._fitted is not None, "fit comes first"
        return self._fitted

    def _features(self, images: ImageSet) -> FeatureStack:
        context = self._context
        return context.features.stack(images, self._settings, context.weights, context.device)

    @abstractmethod
    def _fit(self, stack: FeatureStack, report: FitReport) -> D: ...
