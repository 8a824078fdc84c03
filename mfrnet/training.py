"""Training of the restoration network on features of normal images.

In a group of processes each one restores its share of every batch, and DDP averages the gradients.

Shapes: B images, K masks of a subset, C channels, H x W grid positions.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mfrnet.corruption import corrupt
from mfrnet.disk_rows import DiskRows
from mfrnet.loss import HybridLoss
from mfrnet.masks import crossed_masks
from mfrnet.parallel import on_all_ranks, share, world_size
from mfrnet.settings import MFRNetSettings

StepReport = Callable[[int, int, float], None]
"""Called every 20 steps and after the last one with the step, the number of steps and the loss."""

_REPORT_EVERY = 20
_POSITIONS_PER_IMAGE = 168


def train_restoration(
    network: nn.Module,
    loss: HybridLoss,
    features_NCHW: DiskRows,
    settings: MFRNetSettings,
    generator: torch.Generator,
    report: StepReport | None = None,
) -> None:
    """Minimise the hybrid loss in place; every image of a step gets a fresh subset of masks.

    All processes of a group draw the same batch, corruption and masks; N processes follow the loss of one up to
    rounding.

    Args:
        network: The restoration network, on the device of the training.
        loss: The hybrid loss.
        features_NCHW: Whitened features of normal images, of any float type.
        settings: Steps, epochs, batch size, learning rate and masks.
        generator: On the CPU; decides batches and masks, in the same state in every process.
        report: Receives the progress, with the loss of the whole batch.

    Raises:
        FloatingPointError: The loss is no longer finite.
        ValueError: The number of processes does not divide the number of images per step.
    """
    device = next(network.parameters()).device
    grid = (features_NCHW.shape[2], features_NCHW.shape[3])
    optimiser = torch.optim.AdamW(
        network.parameters(),
        lr=settings.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=settings.weight_decay,
        fused=True,
    )
    steps = steps_on(settings, len(features_NCHW), grid)
    # A tenth of the steps is warm-up, and at least two: a phase without steps would divide by zero.
    total_steps = max(steps, 4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        settings.learning_rate,
        total_steps=total_steps,
        pct_start=max(0.1, 2 / total_steps),
        cycle_momentum=False,
    )
    batch_size = images_per_step(settings, grid)
    if batch_size % world_size():
        raise ValueError(
            f"batch_size: expected the images per step to be a multiple of the {world_size()} processes, "
            f"got {batch_size} images per step."
        )
    mine = share(batch_size)
    network.train()
    model = DistributedDataParallel(network) if world_size() > 1 else network
    for step in range(1, steps + 1):
        chosen = torch.randint(len(features_NCHW), (batch_size,), generator=generator)
        clean = features_NCHW[chosen].float()
        corrupted = corrupt(clean, features_NCHW, settings, generator)
        masks = crossed_masks(batch_size, settings.k, settings.cell, grid, generator)
        clean, corrupted, masks = (each[mine.start : mine.stop].to(device) for each in (clean, corrupted, masks))
        value = _loss_of_step(model, loss, clean, corrupted, masks, settings)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % _REPORT_EVERY == 0 or step == steps:
            # Not at every step, because reading the loss waits for the GPU. Shares are equal, so the mean over the
            # processes is the loss of the batch.
            current = sum(on_all_ranks(value.item)) / world_size()
            if not math.isfinite(current):
                raise FloatingPointError(f"The loss is {current} at step {step}; a lower learning_rate may help.")
            if report is not None:
                report(step, steps, current)
    network.eval()


def _loss_of_step(
    model: nn.Module,
    loss: HybridLoss,
    clean_BCHW: Tensor,
    corrupted_BCHW: Tensor,
    masks_BKHW: Tensor,
    settings: MFRNetSettings,
) -> Tensor:
    """The hybrid loss of the crossed assembly, and the squared error where a pass sees what it repairs."""
    with autocast(clean_BCHW.device, settings):
        if not settings.weight_visible:
            crossed: Tensor = model(corrupted_BCHW, masks_BKHW.unsqueeze(1))
            return loss(crossed.squeeze(1).float(), clean_BCHW)
        passes: Tensor = model(corrupted_BCHW, masks_BKHW.unsqueeze(1), crossed=False)
    passes_BKCHW = passes.squeeze(1).float()
    hidden = masks_BKHW.unsqueeze(2)
    assembled = (passes_BKCHW * hidden).sum(dim=1)
    num_visible = masks_BKHW.shape[1] - 1
    # The mean over groups and positions of the pass or passes in which a position was visible.
    squares = loss.pixel(passes_BKCHW.flatten(0, 1), clean_BCHW.repeat_interleave(masks_BKHW.shape[1], dim=0))
    visible = (squares * ~masks_BKHW.flatten(0, 1).unsqueeze(1)).mean() * masks_BKHW.shape[1] / num_visible
    return loss(assembled, clean_BCHW) + settings.weight_visible * visible


def images_per_step(settings: MFRNetSettings, grid: tuple[int, int]) -> int:
    """Images per step of all processes together: ``batch_size``, or fewer on a large grid.

    The cost of a step is therefore nearly independent of the size of the images.

    >>> images_per_step(MFRNetSettings(batch_size=8), (12, 14)), images_per_step(MFRNetSettings(batch_size=8), (24, 28))
    (8, 2)
    """
    affordable = settings.batch_size * _POSITIONS_PER_IMAGE // (grid[0] * grid[1])
    return max(1, min(settings.batch_size, affordable))


def steps_on(settings: MFRNetSettings, num_images: int, grid: tuple[int, int]) -> int:
    """Optimiser steps on this many images: ``steps``, or as many as are ``epochs`` passes, if those are fewer.

    Images are drawn at random, so each is seen ``epochs`` times on average.

    >>> steps_on(MFRNetSettings(), 600, (12, 14)), steps_on(MFRNetSettings(), 75, (12, 14))
    (1500, 500)
    """
    return min(settings.steps, settings.epochs * math.ceil(num_images / images_per_step(settings, grid)))


def autocast(device: torch.device, settings: MFRNetSettings) -> torch.autocast:
    """Mixed precision as the settings say; a no-op for ``float32``."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16")
