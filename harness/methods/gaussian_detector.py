"""The control: a density of the raw features instead of restoration, with everything else equal.

The gain of MFRNet over this detector is the gain of restoration. Shapes: B images, C channels of a layer group,
G groups, H x W grid positions.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator, grid_for
from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.calibration import Calibration, calibrating, split_held_out, weighted
from mfrnet.detector_state import numbered, whitening_of
from mfrnet.features import FeatureStack
from mfrnet.parallel import divided
from mfrnet.settings import MapSettings
from mfrnet.whitening import Whitening, scatters_of, sum_of_scatters, with_training

_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class GaussianDetector:
    """MFRNet whose network restores nothing: every error is the whitened features themselves."""

    settings: MapSettings
    aggregator: Aggregator
    distance: Whitening
    calibration: Calibration
    image_size_px: tuple[int, int]

    def judge_all(self, stack: FeatureStack) -> Iterator[AnomalyMaps]:
        """Maps and scores of all images of a stack, a batch at a time and in order."""
        return divided(lambda start: self.judge(stack.batch_at(start, _BATCH)), range(0, len(stack), _BATCH))

    def judge(self, layers_BCHW: Sequence[Tensor]) -> AnomalyMaps:
        """Maps and scores of a batch of feature layers."""
        maps, scores = self.maps_and_scores(layers_BCHW)
        return AnomalyMaps(maps.cpu().numpy(), scores.cpu().numpy())

    def maps_and_scores(self, layers_BCHW: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """``judge`` in operations on tensors alone, as an export needs it: float ``BHW`` and ``B``."""
        distances = self.distance.lengths(self.aggregator(layers_BCHW)).unsqueeze(1)
        calibrated = weighted(self.calibration.distances(distances), [1.0])
        maps = upsample_and_smooth(
            calibrated, self.image_size_px, self.settings.smoothing_px, self.settings.smoothing_border
        )
        return maps, image_scores(maps, self.settings.top_share)

    def tensors(self) -> dict[str, Tensor]:
        """All learned tensors by name."""
        return {
            **numbered("aggregator.whitening", self.aggregator.whitening),
            **numbered("distance", self.distance),
            "aggregator.mean": self.aggregator.mean_1C11,
            "aggregator.std": self.aggregator.std_1C11,
            "calibration.mean": self.calibration.mean_TGHW,
            "calibration.spread": self.calibration.spread_TGHW,
        }

    @classmethod
    def of_tensors(
        cls, tensors: Mapping[str, Tensor], settings: MapSettings, image_size_px: tuple[int, int], device: str
    ) -> "GaussianDetector":
        """The detector whose ``tensors`` these are."""
        tensors = {name: value.to(device) for name, value in tensors.items()}
        return cls(
            settings=settings,
            aggregator=Aggregator(
                grid_for(image_size_px, settings.grid_stride_px),
                settings.neighbourhood,
                tensors["aggregator.mean"],
                tensors["aggregator.std"],
                whitening_of("aggregator.whitening", tensors),
            ),
            distance=whitening_of("distance", tensors),
            calibration=Calibration(tensors["calibration.mean"], tensors["calibration.spread"]),
            image_size_px=image_size_px,
        )

    @property
    def num_parameters(self) -> int:
        """Number of values in means and covariances."""
        return sum(matrix.numel() + len(matrix) for matrix in self.aggregator.whitening.matrix_of_group)


def fit_gaussian(stack: FeatureStack, settings: MapSettings, seed: int, device: str = "cpu") -> GaussianDetector:
    """Learn one Gaussian per layer group from normal images, and its scale from those held out.

    Processes of a group divide the images.

    Args:
        stack: Features of normal images of one size.
        settings: Grid, calibration and map.
        seed: Decides the held-out images.
        device: A torch device.

    Raises:
        ValueError: There are fewer than four images.
    """
    generator = torch.Generator().manual_seed(seed)
    held_out, training = split_held_out(len(stack), settings.calibration_share, generator)
    target = torch.device(device)
    aggregator = Aggregator.of(stack, training, settings, target)
    distance = Whitening([torch.eye(count, device=target) for count in stack.channels])
    calibration = Calibration.none(target)

    def features(images: Sequence[int]) -> Iterator[Tensor]:
        # Through the CPU, as processes of a group exchange them.
        starts = range(0, len(images), _BATCH)
        return (
            batch.to(target)
            for batch in divided(lambda start: aggregator(stack.batch(images[start : start + _BATCH])).cpu(), starts)
        )

    def moments(images: Sequence[int]) -> tuple[list[Tensor], int]:
        scatters = sum_of_scatters((scatters_of(batch, stack.channels) for batch in features(images)), stack.channels)
        return scatters, len(images) * math.prod(aggregator.grid)

    if held_out:
        weight = settings.calibration_training_weight
        seen = calibrating(training, weight)
        distance = Whitening.of(*with_training(*moments(held_out), *moments(seen), weight), settings.ridge, target)
        of_held_out, of_seen = (
            (distance.lengths(batch).unsqueeze(1) for batch in features(images)) for images in (held_out, seen)
        )
        calibration = Calibration.of(of_held_out, of_seen, settings)
    return GaussianDetector(
        settings=settings,
        aggregator=aggregator,
        distance=distance,
        calibration=calibration,
        image_size_px=stack.image_size_px,
    )
