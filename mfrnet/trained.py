"""Training on features of normal images, and what it leaves; what only judging needs, ``calibrate`` adds.

In a group of processes the images are divided over them; see ``mfrnet.parallel``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator
from mfrnet.calibration import split_held_out
from mfrnet.disk_rows import DiskRows
from mfrnet.features import FeatureStack
from mfrnet.loss import HybridLoss
from mfrnet.parallel import divided
from mfrnet.restoration import RestorationNetwork
from mfrnet.settings import MFRNetSettings
from mfrnet.training import StepReport, train_restoration

_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network, with what its input went through."""

    aggregator: Aggregator
    network: RestorationNetwork
    held_out: Sequence[int]
    """Images of the stack that calibrate, because they were not trained on."""
    training: Sequence[int]
    """Images that were trained on."""
    generator_state: Tensor
    """uint8, on the CPU. The masks of scoring are drawn from where training left the random numbers."""

    @property
    def device(self) -> torch.device:
        """Of the network."""
        return self.aggregator.mean_1C11.device


def train(
    stack: FeatureStack, settings: MFRNetSettings, seed: int, device: str = "cpu", report: StepReport | None = None
) -> Trained:
    """Train on features of normal images, except those that are held out for calibration.

    Args:
        stack: Features of normal images of one size.
        settings: Every choice of the method; ``MFRNetSettings.after_training`` names those that are not read.
        seed: Decides initial weights, batches, held-out images and masks.
        device: A torch device.
        report: Receives the step, the number of steps and the loss every 20 steps.

    Raises:
        ValueError: There are fewer than four images, the masks do not fit the grid, or the number of processes does
            not divide the number of images per step.
        FloatingPointError: The loss is no longer finite.

    >>> import numpy as np
    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> stack = FeatureStack([np.ones((8, 4, 4, 4), np.float32)], image_size_px=(64, 64))
    >>> train(stack, settings, seed=0).aggregator.grid
    (4, 4)
    """
    generator = torch.Generator().manual_seed(seed)
    held_out, training = split_held_out(len(stack), settings.calibration_share, generator)
    target = torch.device(device)
    aggregator = Aggregator.of(stack, training, settings, target)
    network = new_network(stack.channels, settings, seed).to(target)
    if settings.compile:
        network.compile()
    # Whitened once. Half precision halves the file; it rounds far more finely than the network restores.
    batches = divided(
        lambda start: aggregator(stack.batch(training[start : start + _BATCH])).half().cpu(),
        range(0, len(training), _BATCH),
    )
    features = DiskRows.of(batches, len(training))
    train_restoration(network, HybridLoss(aggregator, settings), features, settings, generator, report)
    return Trained(
        aggregator=aggregator,
        network=network,
        held_out=held_out,
        training=training,
        generator_state=generator.get_state(),
    )


def new_network(channels: Sequence[int], settings: MFRNetSettings, seed: int) -> RestorationNetwork:
    """An untrained network for layers with these channels; its weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RestorationNetwork(sum(channels), settings.width, settings.depth, settings.num_heads)
