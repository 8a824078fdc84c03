"""Fitting on features and judging features: MFRNet without its backbone.

In a group of processes the images are divided over them; see ``mfrnet.parallel``.

Shapes: B images, T loss terms, G layer groups, n subsets of K masks, H x W pixels or grid positions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mfrnet.aggregator import Aggregator, grid_for
from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.calibration import Calibration, split_held_out
from mfrnet.features import FeatureStack
from mfrnet.loss import HybridLoss
from mfrnet.masks import cell_that_fits, crossed_masks
from mfrnet.parallel import divided
from mfrnet.restoration import RestorationNetwork
from mfrnet.settings import MFRNetSettings
from mfrnet.training import StepReport, autocast, images_per_step, restore_crossed, train_restoration

_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Restorer:
    """A trained network with its aggregator and the masks used in scoring."""

    settings: MFRNetSettings
    aggregator: Aggregator
    network: RestorationNetwork
    loss: HybridLoss
    masks_nKHW: Tensor

    @torch.inference_mode()
    def term_maps(self, layers_BCHW: Sequence[Tensor]) -> Tensor:
        """Every loss term at every position, averaged over the n subsets: float ``BTGHW``, high where abnormal."""
        features = self.aggregator(layers_BCHW)
        total: Tensor | None = None
        # One subset at a time: the k passes of a batch already occupy the machine, and memory stays bounded.
        for masks_KHW in self.masks_nKHW:
            masks = masks_KHW.expand(len(features), *masks_KHW.shape)
            with autocast(features.device, self.settings):
                restored = restore_crossed(self.network, features, masks)
            maps = self.loss.term_maps(restored, features)
            total = maps if total is None else total + maps
        assert total is not None, "settings guarantee n >= 1"
        return total / len(self.masks_nKHW)


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
    calibration: Calibration
    image_size_px: tuple[int, int]

    @torch.inference_mode()
    def judge(self, layers_BCHW: Sequence[Tensor]) -> AnomalyMaps:
        """Maps and scores of a batch of feature layers, each float32 ``BCHW``."""
        settings = self.restorer.settings
        weights = list(self.restorer.loss.weights.values())
        calibrated = self.calibration(self.restorer.term_maps(layers_BCHW), weights)
        maps = upsample_and_smooth(calibrated, self.image_size_px, settings.smoothing_px)
        scores: NDArray[np.float32] = image_scores(maps, settings.top_share).cpu().numpy()
        return AnomalyMaps(maps.cpu().numpy(), scores)

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
    generator = torch.Generator().manual_seed(seed)
    held_out, training = split_held_out(len(stack), settings.calibration_share, generator)
    aggregator = Aggregator.of(stack, training, settings.grid_stride_px, torch.device(device))
    network = new_network(stack.channels, settings, seed).to(device)
    if settings.compile:
        network.compile()
    loss = loss_for(stack.channels, settings)
    train_restoration(network, aggregator, loss, stack, training, settings, generator, report)

    scoring_cell = cell_that_fits(settings.scoring_cell, settings.k, aggregator.grid)
    masks = crossed_masks(settings.n, settings.k, scoring_cell, aggregator.grid, generator).to(device)
    restorer = Restorer(settings=settings, aggregator=aggregator, network=network, loss=loss, masks_nKHW=masks)
    # Through the CPU, as processes of a group exchange them.
    errors = list(
        divided(
            lambda start: restorer.term_maps(stack.batch(held_out[start : start + _BATCH])).cpu(),
            range(0, len(held_out), _BATCH),
        )
    )
    calibration = Calibration.of(torch.cat(errors).to(device)) if errors else Calibration.none(device)
    return Detector(restorer=restorer, calibration=calibration, image_size_px=stack.image_size_px)


def new_network(channels: Sequence[int], settings: MFRNetSettings, seed: int) -> RestorationNetwork:
    """An untrained network for layers with these channels; its weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RestorationNetwork(sum(channels), settings.width, settings.depth, settings.num_heads)


def loss_for(channels: Sequence[int], settings: MFRNetSettings) -> HybridLoss:
    """The hybrid loss with the weights of the settings."""
    weights = {
        "pixel": settings.weight_pixel,
        "structure": settings.weight_structure,
        "cosine": settings.weight_cosine,
    }
    return HybridLoss(channels, weights)


def global_batch_size(settings: MFRNetSettings, image_size_px: tuple[int, int]) -> int:
    """Images per training step on images of this size; the number of processes of a group must divide it.

    Raises:
        ValueError: The grid is empty.

    >>> global_batch_size(MFRNetSettings(batch_size=8), (192, 192))
    8
    """
    return images_per_step(settings, grid_for(image_size_px, settings.grid_stride_px))


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
