"""The control without restoration: MFRNet's features, calibration and map around one Gaussian a layer."""

from collections.abc import Iterator
from typing import ClassVar

from harness.errors import DataError
from harness.images import ImageSet
from harness.methods.base import FitReport, MethodContext
from mfrnet import AnomalyMaps, GaussianDetector, MapSettings, check_grid, check_layers, fit_gaussian


class GaussianMethod:
    """One Gaussian of the raw features a layer group."""

    version: ClassVar[int] = 1
    Settings: ClassVar[type[MapSettings]] = MapSettings
    relative_cost: ClassVar[float] = 0.1

    def __init__(self, settings: MapSettings, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._detector: GaussianDetector | None = None

    @classmethod
    def check(cls, settings: MapSettings, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and a grid without positions."""
        check_layers(settings)
        check_grid(settings, image_size_px)

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
        """Distance from the mean, in spreads."""
        assert self._detector is not None, "fit comes first"
        context = self._context
        yield from self._detector.judge_all(
            context.features.stack(images, self._settings, context.weights, context.device)
        )

    @property
    def num_parameters(self) -> int:
        """Numbers in means and covariances."""
        assert self._detector is not None, "fit comes first"
        return self._detector.num_parameters
