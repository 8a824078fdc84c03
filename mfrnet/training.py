"""Training of the restoration network on features of normal images.

In a group of processes each one restores its share of every batch, and DDP averages the gradients.

Shapes: B images, K masks of a subset, C channels, H x W grid positions.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mfrnet.aggregator import Aggregator
from mfrnet.features import FeatureStack
from mfrnet.loss import HybridLoss
from mfrnet.masks import crossed_masks
from mfrnet.parallel import on_all_ranks, share, world_size
from mfrnet.settings import MFRNetSettings

StepReport = Callable[[int, int, float], None]
"""Called every 20 steps and after the last one with the step, the number of steps and the loss."""

_REPORT_EVERY = 20
_POSITIONS_PER_IMAGE = 144


def restore_crossed(network: nn.Module, features_BCHW: Tensor, masks_BKHW: Tensor) -> Tensor:
    """Restore every position once, each from what is visible under the mask that hides it.

    All k passes are one batch.

    Args:
        network: Restores ``BCHW`` features given the hidden positions ``BHW``.
        features_BCHW: float, standardised.
        masks_BKHW: bool; over K the masks are disjoint and cover every position.

    Returns:
        float ``BCHW``, assembled from the k passes.

    >>> masks = torch.tensor([[[[True, False]], [[False, True]]]])
    >>> restore_crossed(lambda features, hidden: features + 1, torch.zeros(1, 1, 1, 2), masks)
    tensor([[[[1., 1.]]]])
    """
    batch, num_masks = masks_BKHW.shape[:2]
    passes: Tensor = network(features_BCHW.repeat_interleave(num_masks, dim=0), masks_BKHW.flatten(0, 1))
    passes_BKCHW = passes.float().view(batch, num_masks, *features_BCHW.shape[1:])
    return (passes_BKCHW * masks_BKHW.unsqueeze(2)).sum(dim=1)


def train_restoration(
    network: nn.Module,
    aggregator: Aggregator,
    loss: HybridLoss,
    stack: FeatureStack,
    indices: Sequence[int],
    settings: MFRNetSettings,
    generator: torch.Generator,
    report: StepReport | None = None,
) -> None:
    """Minimise the hybrid loss in place; every image of a step gets a fresh subset of masks.

    All processes of a group draw the same batch and masks; N processes follow the loss of one up to rounding.

    Args:
        network: The restoration network, on the aggregator's device.
        aggregator: Joins and standardises features.
        loss: The hybrid loss.
        stack: Features of normal images.
        indices: Which images of the stack to train on.
        settings: Steps, batch size, learning rate and masks.
        generator: On the CPU; decides batches and masks, in the same state in every process.
        report: Receives the progress, with the loss of the whole batch.

    Raises:
        FloatingPointError: The loss is no longer finite.
        ValueError: The number of processes does not divide the number of images per step.
    """
    device = aggregator.mean_1C11.device
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, betas=(0.9, 0.95), weight_decay=settings.weight_decay
    )
    # A tenth of the steps is warm-up, and at least two: a phase without steps would divide by zero.
    total_steps = max(settings.steps, 4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        settings.learning_rate,
        total_steps=total_steps,
        pct_start=max(0.1, 2 / total_steps),
        cycle_momentum=False,
    )
    batch_size = images_per_step(settings, aggregator.grid)
    if batch_size % world_size():
        raise ValueError(
            f"batch_size: expected the images per step to be a multiple of the {world_size()} processes, "
            f"got {batch_size} images per step."
        )
    mine = share(batch_size)
    network.train()
    model = DistributedDataParallel(network) if world_size() > 1 else network
    for step in range(1, settings.steps + 1):
        chosen = torch.randint(len(indices), (batch_size,), generator=generator).tolist()
        features = aggregator(stack.batch([indices[chosen[position]] for position in mine]))
        masks = crossed_masks(batch_size, settings.k, settings.cell, aggregator.grid, generator)
        masks = masks[mine.start : mine.stop].to(device)
        with autocast(device, settings):
            restored = restore_crossed(model, features, masks)
        value = loss(restored, features)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % _REPORT_EVERY == 0 or step == settings.steps:
            # Not at every step, because reading the loss waits for the GPU. Shares are equal, so the mean over the
            # processes is the loss of the batch.
            current = sum(on_all_ranks(value.item)) / world_size()
            if not math.isfinite(current):
                raise FloatingPointError(f"The loss is {current} at step {step}; a lower learning_rate may help.")
            if report is not None:
                report(step, settings.steps, current)
    network.eval()


def images_per_step(settings: MFRNetSettings, grid: tuple[int, int]) -> int:
    """Images per step of all processes together: ``batch_size``, or fewer on a large grid.

    The cost of a step is therefore nearly independent of the size of the images.

    >>> images_per_step(MFRNetSettings(batch_size=8), (12, 12)), images_per_step(MFRNetSettings(batch_size=8), (24, 24))
    (8, 2)
    """
    affordable = settings.batch_size * _POSITIONS_PER_IMAGE // (grid[0] * grid[1])
    return max(1, min(settings.batch_size, affordable))


def autocast(device: torch.device, settings: MFRNetSettings) -> torch.autocast:
    """Mixed precision as the settings say; a no-op for ``float32``."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16")
