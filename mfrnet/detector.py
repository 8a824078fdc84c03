"""Fitting on features and judging features: MFRNet without its backbone.

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
from mfrnet.restoration import RestorationNetwork
from mfrnet.settings import MapSettings, MFRNetSettings
from mfrnet.training import StepReport, autocast, restore_crossed, train_restoration

_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Restorer:
    """A trained network with its aggregator and its fixed masks."""

    settings: MFRNetSettings
    aggregator: Aggregator
    network: RestorationNetwork
    loss: HybridLoss
    masks_nKHW: Tensor

    @torch.inference_mode()
    def term_maps(self, layers_BCHW: Sequence[Tensor]) -> Tensor:
        """Every loss term at every position, averaged over the n subsets: float ``BTGHW``."""
        features = self.aggregator(layers_BCHW)
        total: Tensor | None = None
        # One subset after another: the k passes of a batch fill the machine, and memory stays bounded.
        for masks_KHW in self.masks_nKHW:
            masks = masks_KHW.expand(len(features), *masks_KHW.shape)
            with autocast(features.device, self.settings):
                restored = restore_crossed(self.network, features, masks)
            maps = self.loss.term_maps(restored, features)
            total = maps if total is None else total + maps
        assert total is not None, "settings hold n >= 1"
        return total / len(self.masks_nKHW)


@dataclass(frozen=True, kw_only=True)
class Detector:
    """What fitting gives: a restorer and the scale of its errors on normal images."""

    restorer: Restorer
    calibration: Calibration
    image_size_px: tuple[int, int]

    @torch.inference_mode()
    def judge(self, layers_BCHW: Sequence[Tensor]) -> AnomalyMaps:
        """Maps and scores of a batch of feature layers."""
        settings = self.restorer.settings
        weights = list(self.restorer.loss.weights.values())
        calibrated = self.calibration(self.restorer.term_maps(layers_BCHW), weights)
        maps = upsample_and_smooth(calibrated, self.image_size_px, settings.smoothing_px)
        scores: NDArray[np.float32] = image_scores(maps, settings.top_share).cpu().numpy()
        return AnomalyMaps(maps.cpu().numpy(), scores)

    def judge_all(self, stack: FeatureStack) -> Iterator[AnomalyMaps]:
        """Maps and scores of all images of a stack, a batch at a time and in order."""
        for layers in stack.batches(_BATCH):
            yield self.judge(layers)

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
        report: Told of step, steps and loss now and then.

    Raises:
        ValueError: Fewer than four images, or masks that do not fit the grid.
        FloatingPointError: The loss is no longer finite.
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
    errors = [
        restorer.term_maps(stack.batch(held_out[start : start + _BATCH])) for start in range(0, len(held_out), _BATCH)
    ]
    calibration = Calibration.of(torch.cat(errors)) if errors else Calibration.none(device)
    return Detector(restorer=restorer, calibration=calibration, image_size_px=stack.image_size_px)


def new_network(channels: Sequence[int], settings: MFRNetSettings, seed: int) -> RestorationNetwork:
    """An untrained network for layers of these channels; its weights depend on the seed alone."""
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


def check_grid(settings: MapSettings, image_size_px: tuple[int, int]) -> None:
    """Refuse a grid without positions on images of this size.

    Raises:
        ValueError: ``grid_stride_px`` is larger than an image side.
    """
    grid_for(image_size_px, settings.grid_stride_px)


def check_masks(settings: MFRNetSettings, image_size_px: tuple[int, int]) -> None:
    """Refuse settings whose masks cannot be drawn on images of this size.

    Raises:
        ValueError: k is larger than the number of blocks on the map, or the grid is empty.
    """
    grid = grid_for(image_size_px, settings.grid_stride_px)
    crossed_masks(1, settings.k, settings.cell, grid, torch.Generator().manual_seed(0))
