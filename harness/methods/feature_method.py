"""A method that fits a detector on cached features of a backbone, as MFRNet and its control do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from torch import Tensor, nn

from harness.errors import DataError
from harness.images import ImageSet
from harness.methods.backbone_weights import open_backbone
from harness.methods.base import FitReport, MethodContext
from harness.methods.few_views import few_views
from harness.methods.gaussian_detector import GaussianDetector
from harness.methods.state import MethodState
from harness.regimes import KINDS, shots_of
from mfrnet import AnomalyMaps, Backbone, Detector, FeatureStack, MapSettings, backbone_of

S = TypeVar("S", bound=MapSettings)
D = TypeVar("D", Detector, GaussianDetector)


class FeatureMethod(ABC, Generic[S, D]):
    """The part that these methods share; a subclass fits the detector and judges images in memory."""

    can_be_kept: ClassVar[bool] = True
    regimes: ClassVar[frozenset[str]] = frozenset(KINDS)
    min_shots: ClassVar[int] = 1
    after_training: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, settings: S, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._fitted: D | None = None

    @classmethod
    def check_weights(cls, settings: S, weights: Path | None) -> None:
        """Open the backbone."""
        open_backbone(settings, weights)

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Fit the detector on the features of the images; few shots are first made more by ``few_views``."""
        if shots_of(self._context.regime) is not None:
            images = few_views(images)
        try:
            self._fitted = self._fit(self._features(images), images, report)
        except ValueError as error:
            raise DataError(str(error)) from error

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Maps and scores of the detector."""
        yield from self._detector.judge_all(self._features(images))

    def network(self) -> nn.Module:
        """Backbone and detector in one module."""
        return _Whole(self._backbone, self._detector)

    def state(self) -> MethodState:
        """What the detector learned, and the backbone."""
        return MethodState(
            tensors=self._tensors(),
            values={"image_size_px": self._detector.image_size_px, "backbone_options": self._backbone.options},
            backbone={name: value.cpu().contiguous() for name, value in self._backbone.state_dict().items()},
        )

    def restore(self, state: MethodState) -> None:
        """Build the detector again, and the backbone from the state or the weights of the context."""
        if state.backbone:
            backbone = backbone_of(state.backbone, self._settings, state.values["backbone_options"])
            self._backbone = backbone.to(self._context.device)
        height, width = state.values["image_size_px"]
        self._fitted = self._restored(state.tensors, (height, width))

    @property
    def num_parameters(self) -> int:
        """Number of values that the detector learned."""
        return self._detector.num_parameters

    @property
    def num_frozen_parameters(self) -> int:
        """Parameters of the backbone up to the last layer that is used."""
        return self._backbone.num_parameters

    @cached_property
    def _backbone(self) -> Backbone:
        return open_backbone(self._settings, self._context.weights).to(self._context.device)

    @property
    def _detector(self) -> D:
        assert self._fitted is not None, "fit comes first"
        return self._fitted

    def _features(self, images: ImageSet) -> FeatureStack:
        context = self._context
        return context.features.stack(images, self._settings, context.weights, context.device)

    @abstractmethod
    def _fit(self, stack: FeatureStack, images: ImageSet, report: FitReport) -> D: ...

    @abstractmethod
    def _tensors(self) -> Mapping[str, Tensor]: ...

    @abstractmethod
    def _restored(self, tensors: Mapping[str, Tensor], image_size_px: tuple[int, int]) -> D: ...


class _Whole(nn.Module):
    def __init__(self, backbone: Backbone, detector: Detector | GaussianDetector) -> None:
        super().__init__()
        self._backbone, self._detector = backbone, detector

    def forward(self, images_BHW3: Tensor) -> tuple[Tensor, Tensor]:
        return self._detector.maps_and_scores(self._backbone.layers_of(images_BHW3))
