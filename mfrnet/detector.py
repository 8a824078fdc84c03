"""Fitting on features and judging features: MFRNet without its backbone.

In a group of processes the images are divided over them; see ``mfrnet.parallel``.

Shapes: B images, H x W pixels or grid positions.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mfrnet.aggregator import grid_for
from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.calibration import Calibration, calibrating, num_held_out, weighted
from mfrnet.features import FeatureStack
from mfrnet.masks import cell_that_fits, crossed_masks
from mfrnet.parallel import divided
from mfrnet.restorer import Measured, Restorer
from mfrnet.scales import Scales
from mfrnet.settings import TERMS, MFRNetSettings
from mfrnet.trained import Trained, train
from mfrnet.training import StepReport, images_per_step, steps_on

_BATCH = 8
_MOST_BYTES_KEPT = 2**27
"""Of what calibration measures on held-out images, and the same of images that were trained on."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """The result of fitting: a restorer and the scale of its errors on normal images.

    >>> from mfrnet import FeatureStack, MFRNetSettings
    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> features = torch.randn(8, 4, 4, 4, generator=torch.Generator().manual_seed(0)).numpy()
    >>> detector = fit_detector(FeatureStack([features], image_size_px=(64, 64)), settings, seed=0)
    >>> detector.judge([torch.zeros(2, 4, 4, 4)]).maps_BHW.shape
    (2, 64, 64)
    """

    restorer: Restorer
    scales: Scales
    calibration: Calibration
    image_size_px: tuple[int, int]

    @torch.inference_mode()
    def judge(self, layers_BCHW: Sequence[Tensor]) -> AnomalyMaps:
        """Maps and scores of a batch of feature layers, each float32 ``BCHW``."""
        maps, scores = self.maps_and_scores(layers_BCHW)
        return AnomalyMaps(maps.cpu().numpy(), scores.cpu().numpy())

    def maps_and_scores(self, layers_BCHW: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """``judge`` in operations on tensors alone, as an export needs it: float ``BHW`` and ``B``."""
        settings = self.restorer.settings
        terms = self.scales.terms(self.restorer.measure(layers_BCHW), settings)
        distances = self.calibration.distances(terms)
        of_map, of_score = _weights("map", settings), _weights("score", settings)

        def pixels(of_terms: list[float]) -> Tensor:
            grid_BHW = weighted(distances, of_terms)
            return upsample_and_smooth(grid_BHW, self.image_size_px, settings.smoothing_px, settings.smoothing_border)

        maps = pixels(of_map)
        judged = maps if of_score == of_map else pixels(of_score)
        return maps, image_scores(judged, settings.top_share)

    def judge_all(self, stack: FeatureStack) -> Iterator[AnomalyMaps]:
        """Maps and scores of all images of a stack, a batch at a time and in order.

        In a group of processes each one judges its share, and every process yields all batches.
        """
        return divided(lambda start: self.judge(stack.batch_at(start, _BATCH)), range(0, len(stack), _BATCH))

    @property
    def num_parameters(self) -> int:
        """Learned parameters of the restoration network."""
        return sum(parameter.numel() for parameter in self.restorer.network.parameters())


def fit_detector(
    stack: FeatureStack, settings: MFRNetSettings, seed: int, device: str = "cpu", report: StepReport | None = None
) -> Detector:
    """Train on features of normal images and calibrate on a share of them that was held out.

    Args:
        stack: Features of normal images of one size.
        settings: Every choice of the method.
        seed: Decides initial weights, batches, held-out images and masks.
        device: A torch device.
        report: Receives the step, the number of steps and the loss every 20 steps.

    Raises:
        ValueError: There are fewer than four images, the masks do not fit the grid, or the number of processes does
            not divide the number of images per step.
        FloatingPointError: The loss is no longer finite.

    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> stack = FeatureStack([np.ones((8, 4, 4, 4), np.float32)], image_size_px=(64, 64))
    >>> fit_detector(stack, settings, seed=0).image_size_px
    (64, 64)
    """
    return calibrate(train(stack, settings, seed, device, report), stack, settings)


def calibrate(trained: Trained, stack: FeatureStack, settings: MFRNetSettings) -> Detector:
    """Make a detector of a trained network: measure how large its errors are on normal images.

    Args:
        trained: From ``train``, by settings that differ in none but ``MFRNetSettings.after_training``.
        stack: The features that it was trained on.
        settings: Every choice of the method.

    >>> from dataclasses import replace
    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> stack = FeatureStack([np.ones((8, 4, 4, 4), np.float32)], image_size_px=(64, 64))
    >>> trained = train(stack, settings, seed=0)
    >>> [len(calibrate(trained, stack, replace(settings, n=n)).restorer.masks_nKHW) for n in (1, 4)]
    [1, 4]
    """
    aggregator, target = trained.aggregator, trained.device
    generator = torch.Generator()
    generator.set_state(trained.generator_state)
    masks = torch.cat(
        [
            crossed_masks(
                settings.n, settings.k, cell_that_fits(cell, settings.k, aggregator.grid), aggregator.grid, generator
            )
            for cell in settings.scoring_cells
        ]
    ).to(target)
    restorer = Restorer(settings=settings, aggregator=aggregator, network=trained.network, masks_nKHW=masks)

    def measured(images: Sequence[int]) -> Iterator[Measured]:
        @torch.inference_mode()
        def at(start: int) -> Measured:
            # Through the CPU, as processes of a group exchange them.
            return restorer.measure(stack.batch(images[start : start + _BATCH])).to(torch.device("cpu"))

        return divided(at, range(0, len(images), _BATCH))

    def again_and_again(images: Sequence[int]) -> Callable[[], Iterator[Measured]]:
        """Measured once where that leaves memory for other work, or else anew at each call."""
        num_bytes = 2 * 4 * len(images) * sum(stack.channels) * math.prod(aggregator.grid)
        kept = list(measured(images)) if num_bytes <= _MOST_BYTES_KEPT else None
        return lambda: (each.to(target) for each in (measured(images) if kept is None else kept))

    calibration = Calibration.none(target)
    held_out, weight = trained.held_out, settings.calibration_training_weight
    of_held_out = again_and_again(held_out)
    of_seen = again_and_again(calibrating(trained.training, weight) if held_out else [])
    scales = Scales.of(of_held_out(), of_seen(), stack.channels, settings, target)
    if held_out:
        if settings.context_scaling and settings.uses("residual"):
            scales = scales.with_expectation(of_held_out(), of_seen(), settings, target)
        of_each = [(scales.terms(each, settings) for each in again()) for again in (of_held_out, of_seen)]
        calibration = Calibration.of(of_each[0], of_each[1], settings)
    return Detector(restorer=restorer, scales=scales, calibration=calibration, image_size_px=stack.image_size_px)


def _weights(result: str, settings: MFRNetSettings) -> list[float]:
    """Weights of the terms in use, for ``map`` or ``score``."""
    return [getattr(settings, f"{result}_{term}") for term in TERMS if settings.uses(term)]


def global_batch_size(settings: MFRNetSettings, image_size_px: tuple[int, int]) -> int:
    """Images per training step on images of this size; the number of processes of a group must divide it.

    Raises:
        ValueError: The grid is empty.

    >>> global_batch_size(MFRNetSettings(batch_size=8), (192, 192))
    8
    """
    return images_per_step(settings, grid_for(image_size_px, settings.grid_stride_px))


def num_steps(settings: MFRNetSettings, num_images: int, image_size_px: tuple[int, int]) -> int:
    """Training steps of ``fit_detector`` on this many images, held-out ones included.

    Raises:
        ValueError: The grid is empty.

    >>> num_steps(MFRNetSettings(), 90, (192, 192)), num_steps(MFRNetSettings(), 900, (192, 192))
    (520, 1500)
    """
    training = num_images - num_held_out(num_images, settings.calibration_share)
    return steps_on(settings, max(1, training), grid_for(image_size_px, settings.grid_stride_px))


def check_masks(settings: MFRNetSettings, image_size_px: tuple[int, int]) -> None:
    """Refuse settings whose masks cannot be drawn on images of this size.

    Raises:
        ValueError: k is larger than the number of blocks on the map, or the grid is empty.

    >>> check_masks(MFRNetSettings(k=5), (64, 64))
    Traceback (most recent call last):
    ValueError: k: expected 2 to 4 masks on a 4 x 4 grid with cell = 2 (4 whole blocks), got 5; reduce k or cell.
    """
    grid = grid_for(image_size_px, settings.grid_stride_px)
    crossed_masks(1, settings.k, settings.cell, grid, torch.Generator().manual_seed(0))
