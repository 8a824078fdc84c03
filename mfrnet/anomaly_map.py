"""From a score per grid position to a score per pixel (the anomaly map) and a score per image.

Shapes: B images, H x W grid positions or pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mfrnet.settings import Border


@dataclass(frozen=True)
class AnomalyMaps:
    """Maps and scores of a batch of images.

    >>> AnomalyMaps(np.zeros((2, 64, 64), np.float32), np.zeros(2, np.float32)).maps_BHW.shape
    (2, 64, 64)
    """

    maps_BHW: NDArray[np.float32]
    """Anomaly per pixel: near 0 on normal images, higher is more anomalous."""
    scores_B: NDArray[np.float32]
    """Anomaly score per image, computed from its map."""


def upsample_and_smooth(
    grid_BHW: Tensor, image_size_px: tuple[int, int], smoothing_px: float, border: Border
) -> Tensor:
    """Interpolate maps bilinearly to the size of the image, then smooth them by a Gaussian.

    Args:
        grid_BHW: float; higher is more anomalous.
        image_size_px: Height and width of the result.
        smoothing_px: Standard deviation in image pixels; 0 for no smoothing.
        border: What the map is taken to be beyond its border. ``"zero"`` is what a calibrated map is on average on
            normal images. ``"replicate"`` repeats the outermost values: pixels near the border are then means of fewer
            positions than others, hence noisier, and the first to be taken for defects.

    Returns:
        float ``BHW`` of ``image_size_px``.

    >>> upsample_and_smooth(torch.ones(1, 2, 2), (4, 4), smoothing_px=0.0, border="zero").shape
    torch.Size([1, 4, 4])
    """
    maps = F.interpolate(grid_BHW.unsqueeze(1), image_size_px, mode="bilinear", align_corners=False)
    if smoothing_px > 0:
        radius = math.ceil(3 * smoothing_px)
        offsets = torch.arange(-radius, radius + 1, device=maps.device, dtype=maps.dtype)
        kernel = torch.exp(-offsets.square() / (2 * smoothing_px**2))
        kernel = kernel / kernel.sum()
        mode = "constant" if border == "zero" else "replicate"
        maps = F.conv2d(F.pad(maps, (0, 0, radius, radius), mode=mode), kernel.view(1, 1, -1, 1))
        maps = F.conv2d(F.pad(maps, (radius, radius, 0, 0), mode=mode), kernel.view(1, 1, 1, -1))
    return maps.squeeze(1)


def image_scores(maps_BHW: Tensor, top_share: float) -> Tensor:
    """Score of each image: the maximum of its map, or the mean of its largest values.

    Args:
        maps_BHW: float; higher is more anomalous.
        top_share: Share of the pixels to average, in [0, 1]; 0 takes the maximum.

    Returns:
        float ``B``; higher is more anomalous.

    >>> image_scores(torch.tensor([[[1.0, 4.0], [2.0, 3.0]]]), top_share=0.5)
    tensor([3.5000])
    """
    flat = maps_BHW.flatten(1)
    count = max(1, round(top_share * flat.shape[1]))
    return flat.topk(count, dim=1).values.mean(dim=1)
