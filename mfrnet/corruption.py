"""Corruption of the input in training: the network has to repair what it sees, not only to fill what is hidden.

Without it, a defect that reaches into the visible positions is restored as a defect. Shapes: B images, C channels,
H x W grid positions.
"""

import math

import torch
from torch import Tensor

from mfrnet.disk_rows import DiskRows
from mfrnet.settings import MFRNetSettings

_MIN_AREA = 0.01
_MAX_COVERED = 0.7
"""A region that would cover more of the map is left out: nothing normal would remain to restore from."""


def corrupt(
    features_BCHW: Tensor, donors_NCHW: Tensor | DiskRows, settings: MFRNetSettings, generator: torch.Generator
) -> Tensor:
    """Replace a region in some images and, with ``jitter``, add noise to all.

    Args:
        features_BCHW: float, whitened features of normal images.
        donors_NCHW: Features of other normal images, from which regions are taken; any float type.
        settings: Kinds, shares and strengths.
        generator: On the CPU; the source of all randomness.

    Returns:
        A corrupted copy.

    >>> features = torch.zeros(1, 2, 4, 4)
    >>> settings = MFRNetSettings(paste_share=0.0, jitter=0.0)
    >>> torch.equal(corrupt(features, features, settings, torch.Generator()), features)
    True
    """
    corrupted = features_BCHW.clone()
    if settings.paste_share:
        for image_CHW in corrupted:
            if torch.rand((), generator=generator) < settings.paste_share:
                _paste(image_CHW, donors_NCHW, settings, generator)
    if settings.jitter:
        strengths = settings.jitter * torch.rand(len(corrupted), 1, 1, 1, generator=generator)
        lengths = corrupted.square().mean(dim=1, keepdim=True).sqrt()
        corrupted += strengths * lengths * torch.randn(corrupted.shape, generator=generator)
    return corrupted


def region(grid: tuple[int, int], max_area: float, generator: torch.Generator) -> Tensor:
    """A random rectangle or rotated ellipse, which may cross the border of the map.

    Args:
        grid: Height and width of the map.
        max_area: Largest share of the map; areas are log-uniform from 0.01 on.
        generator: The source of all randomness.

    Returns:
        bool ``HW``; empty if the shape lies between positions.

    >>> region((8, 8), 0.4, torch.Generator().manual_seed(0)).shape
    torch.Size([8, 8])
    """
    height, width = grid
    draw = torch.rand(6, generator=generator).tolist()
    area = height * width * math.exp(math.log(_MIN_AREA) + draw[0] * math.log(max_area / _MIN_AREA))
    aspect = math.exp(2.8 * (draw[1] - 0.5))  # from 1 : 4 to 4 : 1
    tall, wide = math.sqrt(area * aspect), math.sqrt(area / aspect)
    down = torch.arange(height).view(-1, 1) + 0.5 - draw[2] * height
    right = torch.arange(width).view(1, -1) + 0.5 - draw[3] * width
    # The margins make small shapes cover at least one position in most cases.
    if draw[4] < 0.5:
        rectangle: Tensor = (down.abs() <= tall / 2 + 0.3) & (right.abs() <= wide / 2 + 0.3)
        return rectangle
    angle = math.pi * draw[5]
    along = down * math.cos(angle) + right * math.sin(angle)
    across = right * math.cos(angle) - down * math.sin(angle)
    # An ellipse with half axes of .56 sides has the area of the rectangle.
    ellipse: Tensor = (along / (0.56 * tall + 0.4)).square() + (across / (0.56 * wide + 0.4)).square() <= 1
    return ellipse


def _paste(
    image_CHW: Tensor, donors_NCHW: Tensor | DiskRows, settings: MFRNetSettings, generator: torch.Generator
) -> None:
    grid = (image_CHW.shape[1], image_CHW.shape[2])
    inside_HW = region(grid, settings.paste_max_area, generator)
    if not inside_HW.any() or inside_HW.float().mean() > _MAX_COVERED:
        return
    kind = settings.paste_kinds[_below(len(settings.paste_kinds), generator)]
    shift = [_below(length, generator) for length in grid]
    if kind == "shifted":
        direction = torch.randn(len(image_CHW), 1, 1, generator=generator)
        strength = 0.5 + 2.0 * torch.rand((), generator=generator)
        pasted = image_CHW + strength * direction + 0.5 * torch.randn(image_CHW.shape, generator=generator)
    elif kind == "moved":
        pasted = image_CHW.roll(shift, (1, 2))
    else:
        donor_CHW = donors_NCHW[_below(len(donors_NCHW), generator)].to(image_CHW.dtype)
        pasted = donor_CHW.roll(shift, (1, 2))
        if kind == "amplified":
            pasted = pasted * (1.5 + 2.5 * torch.rand((), generator=generator))
    image_CHW.copy_(torch.where(inside_HW, pasted, image_CHW))


def _below(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))
