"""MFRNet as a method of the harness: its own library, on cached features."""

from collections.abc import Iterator
from typing import ClassVar

from harness.errors import DataError
from harness.images import ImageSet
from harness.methods.base import FitReport, MethodContext
from mfrnet import AnomalyMaps, Detector, MFRNetSettings, check_layers, check_masks, fit_detector


class MFRNetMethod:
    """Crossed-mask restoration of multi-scale features."""

    version: ClassVar[int] = 1
    Settings: ClassVar[type[MFRNetSettings]] = MFRNetSettings
    relative_cost: ClassVar[float] = 1.0

    def __init__(self, settings: MFRNetSettings, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._detector: Detector | None = None

    @classmethod
    def check(cls, settings: MFRNetSettings, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and masks that do not fit the map."""
        check_layers(settings)
        check_masks(settings, image_size_px)

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Train the restoration network."""
        context = self._context
        stack = context.features.stack(images, self._settings, context.weights, context.device)
        try:
            self._detector = fit_detector(stack, self._settings, context.seed, context.device, report)
        except ValueError as error:
            raise DataError(str(error)) from error

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Restore and judge."""
        assert self._detector is not None, "fit comes first"
        context = self._context
        yield from self._detector.judge_all(
            context.features.stack(images, self._settings, context.weights, context.device)
        )

    @property
    def num_parameters(self) -> int:
        """Of the restoration network."""
        assert self._detector is not None, "fit comes first"
        return self._detector.num_parameters
