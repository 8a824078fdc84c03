"""The control: a density of the raw features instead of restoration, with everything else equal.

The gain of MFRNet over this detector is the gain of restoration. Shapes: B images, C channels of a layer group,
G groups, H x W grid positions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator
from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.calibration import Calibration, split_held_out
from mfrnet.features import FeatureStack
from mfrnet.parallel import divided
from mfrnet.settings import MapSettings

_BATCH = 32
_RIDGE = 0.01
"""Added to the variance of standardised channels, so that a covariance of few images can be inverted."""


@dataclass(frozen=True, kw_only=True)
class GaussianDetector:
    """One Gaussian per layer group over all positions, calibrated per position as MFRNet's terms are."""

    settings: MapSettings
    aggregator: Aggregator
    whitening_of_group: Sequence[Tensor]
    """One ``CC`` matrix per group; standardised features multiplied by it have unit covariance."""
    calibration: Calibration
    image_size_px: tuple[int, int]

    def judge_all(self, stack: FeatureStack) -> Iterator[AnomalyMaps]:
        """Maps and scores of all images of a stack, a batch at a time and in order."""
        return divided(lambda start: self.judge(stack.batch_at(start, _BATCH)), range(0, len(stack), _BATCH))

    def judge(self, layers_BCHW: Sequence[Tensor]) -> AnomalyMaps:
        """Maps and scores of a batch of feature layers."""
        calibrated = self.calibration(_distances(self.aggregator(layers_BCHW), self.whitening_of_group), [1.0])
        maps = upsample_and_smooth(calibrated, self.image_size_px, self.settings.smoothing_px)
        return AnomalyMaps(maps.cpu().numpy(), image_scores(maps, self.settings.top_share).cpu().numpy())

    def tensors(self) -> dict[str, Tensor]:
        """All learned tensors by name."""
        whitening = {f"whitening.{number}": matrix for number, matrix in enumerate(self.whitening_of_group)}
        return whitening | {
            "aggregator.mean": self.aggregator.mean_1C11,
            "aggregator.std": self.aggregator.std_1C11,
            "calibration.mean": self.calibration.mean_TGHW,
            "calibration.spread": self.calibration.spread_TGHW,
        }

    @property
    def num_parameters(self) -> int:
        """Number of values in means and covariances."""
        return sum(matrix.numel() + matrix.shape[0] for matrix in self.whitening_of_group)


def fit_gaussian(stack: FeatureStack, settings: MapSettings, seed: int, device: str = "cpu") -> GaussianDetector:
    """Learn one Gaussian per layer group from normal images; processes of a group divide the images.

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
    aggregator = Aggregator.of(stack, training, settings.grid_stride_px, torch.device(device))

    def scatters_of(start: int) -> list[Tensor]:
        features = aggregator(stack.batch(training[start : start + _BATCH]))
        groups = [group.permute(0, 2, 3, 1).flatten(0, 2) for group in torch.split(features, stack.channels, dim=1)]
        return [(rows.T @ rows).double().cpu() for rows in groups]

    def errors_of(start: int) -> Tensor:
        return _distances(aggregator(stack.batch(held_out[start : start + _BATCH])), whitening).cpu()

    scatters = [torch.zeros(count, count, dtype=torch.float64) for count in stack.channels]
    for of_batch in divided(scatters_of, range(0, len(training), _BATCH)):
        for scatter, added in zip(scatters, of_batch, strict=True):
            scatter += added
    # Standardisation has already removed the mean.
    num_positions = len(training) * aggregator.grid[0] * aggregator.grid[1]
    whitening = [_whitening((scatter / num_positions).to(device)) for scatter in scatters]
    errors = list(divided(errors_of, range(0, len(held_out), _BATCH)))
    return GaussianDetector(
        settings=settings,
        aggregator=aggregator,
        whitening_of_group=whitening,
        calibration=Calibration.of(torch.cat(errors).to(device)) if errors else Calibration.none(device),
        image_size_px=stack.image_size_px,
    )


def _whitening(covariance_CC: Tensor) -> Tensor:
    ridged = covariance_CC + _RIDGE * torch.eye(len(covariance_CC), dtype=torch.float64, device=covariance_CC.device)
    values, vectors = torch.linalg.eigh(ridged)
    whitening: Tensor = (vectors * values.rsqrt()).float()
    return whitening


def _distances(features_BCHW: Tensor, whitening_of_group: Sequence[Tensor]) -> Tensor:
    """Mahalanobis distance of each group at each position: float ``B1GHW``, one "term"."""
    groups = torch.split(features_BCHW, [len(matrix) for matrix in whitening_of_group], dim=1)
    distances = [
        torch.einsum("bchw,cd->bdhw", group, matrix).square().sum(dim=1).sqrt()
        for group, matrix in zip(groups, whitening_of_group, strict=True)
    ]
    return torch.stack(distances, dim=1).unsqueeze(1)
