"""SSIM as a map over feature planes, differentiable and fast on a CPU.

Kernel and constants are those of ``pytorch_msssim`` (Gaussian window, K = (0.01, 0.03)), whose mean over
the interior is the oracle in our tests. Shapes: B images, C planes, H x W positions.
"""

from functools import lru_cache

import torch
from pytorch_msssim.ssim import _fspecial_gauss_1d
from torch import Tensor

WINDOW = 7
SIGMA = 1.5
# Planes are standardised features, nearly all of which lie within 3 standard deviations of 0.
DATA_RANGE = 6.0
_C1, _C2 = (0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2


def ssim_map(restored_BCHW: Tensor, target_BCHW: Tensor) -> Tensor:
    """Structural similarity in the window around each position.

    At the border the window is truncated and its weights are renormalised, so the map keeps its size.

    Args:
        restored_BCHW: float, standardised features.
        target_BCHW: Same shape.

    Returns:
        float ``BCHW`` in [-1, 1]; 1 where both windows are equal.

    >>> ssim_map(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    tensor([[[[1., 1.],
              [1., 1.]]]])
    """
    height, width = restored_BCHW.shape[-2:]
    rows = _window_matrix(height, restored_BCHW.device).to(restored_BCHW.dtype)
    columns = _window_matrix(width, restored_BCHW.device).to(restored_BCHW.dtype)

    def mean(planes: Tensor) -> Tensor:
        # Two products with banded matrices are ten times faster on a CPU than one-channel convolutions.
        return rows @ (planes @ columns.T)

    mean_r, mean_t = mean(restored_BCHW), mean(target_BCHW)
    variances = mean(restored_BCHW.square() + target_BCHW.square()) - mean_r.square() - mean_t.square()
    covariance = mean(restored_BCHW * target_BCHW) - mean_r * mean_t
    luminance = (2 * mean_r * mean_t + _C1) / (mean_r.square() + mean_t.square() + _C1)
    return luminance * (2 * covariance + _C2) / (variances + _C2)


@lru_cache(maxsize=16)
def _window_matrix(length: int, device: torch.device) -> Tensor:
    """``length`` x ``length``; row i holds the weights of the window centred at i, summing to 1."""
    # Cached: the first caller may score, a later one may train, and training refuses tensors of inference mode.
    with torch.inference_mode(False):
        kernel = _fspecial_gauss_1d(WINDOW, SIGMA).flatten()
        offsets = torch.arange(length).unsqueeze(0) - torch.arange(length).unsqueeze(1) + WINDOW // 2
        inside = (offsets >= 0) & (offsets < WINDOW)
        matrix = torch.where(inside, kernel[offsets.clamp(0, WINDOW - 1)], torch.zeros(()))
        return (matrix / matrix.sum(1, keepdim=True)).to(device)
