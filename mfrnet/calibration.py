"""Puts loss terms and layer groups on one scale: the distance from normal images at each position.

Shapes: B maps, T terms, G layer groups, H x W grid positions.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mfrnet.settings import MapSettings

PRIOR_IMAGES = 10
"""Weight, in images, of what is taken to hold before any is seen: that the spread is that over all positions, and that
an error does not follow what was restored. Both are noisy with few images."""

MIN_IMAGES = 4
"""Normal images that fitting needs at least."""

_MAX_TRAINING_IMAGES = 500
"""More of them take time in calibration and hardly change it."""


def split_held_out(num_images: int, share: float, generator: torch.Generator) -> tuple[list[int], list[int]]:
    """Choose at random which normal images calibrate and which train.

    Args:
        num_images: At least ``MIN_IMAGES``.
        share: Share to hold out, in [0, 0.5]; at least two images are held out, or none if the share is 0.
        generator: Decides the choice.

    Returns:
        Held-out and training indices, each sorted.

    Raises:
        ValueError: There are fewer than ``MIN_IMAGES`` images.

    >>> held_out, training = split_held_out(10, 0.2, torch.Generator().manual_seed(0))
    >>> len(held_out), len(training)
    (2, 8)
    """
    if num_images < MIN_IMAGES:
        raise ValueError(f"Expected at least {MIN_IMAGES} training images, got {num_images}.")
    order = torch.randperm(num_images, generator=generator).tolist()
    count = num_held_out(num_images, share)
    return sorted(order[:count]), sorted(order[count:])


def num_held_out(num_images: int, share: float) -> int:
    """How many images ``split_held_out`` holds out.

    >>> num_held_out(100, 0.15), num_held_out(4, 0.15), num_held_out(100, 0.0)
    (15, 2, 0)
    """
    return max(2, round(share * num_images)) if share else 0


def calibrating(training: Sequence[int], weight: float) -> list[int]:
    """Which training images take part in calibration: all, or 500 evenly spaced ones of more; none at weight 0.

    >>> calibrating([3, 5, 8], 1.0), calibrating([3, 5, 8], 0.0), len(calibrating(range(2000), 1.0))
    ([3, 5, 8], [], 500)
    """
    if not weight:
        return []
    count = min(len(training), _MAX_TRAINING_IMAGES)
    return [training[number * len(training) // count] for number in range(count)]


class Calibration:
    """Mean and spread of each term and group at each position over normal images."""

    def __init__(self, mean_TGHW: Tensor, spread_TGHW: Tensor) -> None:
        """Args:
        mean_TGHW: float, mean on normal images.
        spread_TGHW: float, standard deviation on normal images; positive.
        """
        self.mean_TGHW = mean_TGHW
        self.spread_TGHW = spread_TGHW

    @classmethod
    def of(cls, held_out: Iterable[Tensor], training: Iterable[Tensor], settings: MapSettings) -> "Calibration":
        """Learn the scale from normal images.

        The mean and the variance over all positions are those of held-out images: on images that were trained on,
        errors are smaller. How mean and variance differ from position to position is learned from both. The
        variance at a position is shrunk towards the variance over all positions, as if ``PRIOR_IMAGES`` further
        images had shown the latter.

        Args:
            held_out: float ``BTGHW``, batches of terms, not below zero; of at least two images.
            training: The same of images that were trained on; none, or of at least two images.
            settings: The weight of images that were trained on, and the positions that are averaged.
        """
        num_images, mean, centred = _moments(list(held_out))
        degrees: float = num_images - 1
        pooled = centred.mean(dim=(2, 3), keepdim=True) / degrees
        if batches := list(training):
            num_training, mean_t, centred_t = _moments(batches)
            added = settings.calibration_training_weight * num_training
            mean = (num_images * mean + added * _levelled(mean_t, mean)) / (num_images + added)
            centred = centred + added * _levelled(centred_t / (num_training - 1), centred / degrees)
            degrees += added
        mean, centred = (_averaged(maps, settings.calibration_neighbourhood) for maps in (mean, centred))
        variance = (centred + PRIOR_IMAGES * pooled) / (degrees + PRIOR_IMAGES)
        return cls(mean, variance.sqrt().clamp_min(1e-6))

    @classmethod
    def none(cls, device: torch.device | str) -> "Calibration":
        """A calibration that leaves terms and groups on their own scales."""
        return cls(torch.zeros(1, 1, 1, 1, device=device), torch.ones(1, 1, 1, 1, device=device))

    def distances(self, maps_BTGHW: Tensor) -> Tensor:
        """Distance from the mean in spreads, averaged over groups: float ``BTHW``."""
        return ((maps_BTGHW - self.mean_TGHW) / self.spread_TGHW).mean(dim=2)


def weighted(distances_BTHW: Tensor, weight_of_term: Sequence[float]) -> Tensor:
    """Weighted mean over terms: float ``BHW``."""
    weights_T = distances_BTHW.new_tensor(weight_of_term)
    return torch.einsum("bthw,t->bhw", distances_BTHW, weights_T / weights_T.sum())


def _moments(batches_BTGHW: Sequence[Tensor]) -> tuple[int, Tensor, Tensor]:
    """Number of images, mean over them, and the sum of squared distances from it."""
    maps_NTGHW = torch.cat(list(batches_BTGHW))
    mean = maps_NTGHW.mean(dim=0)
    return len(maps_NTGHW), mean, (maps_NTGHW - mean).square().sum(dim=0)


def _levelled(maps_TGHW: Tensor, like_TGHW: Tensor) -> Tensor:
    """The maps times the numbers that give them the mean over all positions of the others."""
    level = maps_TGHW.mean(dim=(2, 3), keepdim=True)
    return maps_TGHW * (like_TGHW.mean(dim=(2, 3), keepdim=True) / level.clamp_min(1e-12))


def _averaged(maps_TGHW: Tensor, neighbourhood: int) -> Tensor:
    return F.avg_pool2d(maps_TGHW, neighbourhood, 1, neighbourhood // 2, count_include_pad=False)
