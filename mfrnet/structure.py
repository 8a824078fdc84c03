"""SSIM as a map over feature planes, differentiable and fast on a CPU.

``pytorch_msssim.ssim`` accepts constants of any size but returns the mean over the interior of the image, and here
every position needs a value; its mean is the oracle in our tests. Shapes: B images, C planes, H x W positions.
"""

from functools import lru_cache

import torch
from pytorch_msssim.ssim import _fspecial_gauss_1d
from torch import Tensor

WINDOW = 5
SIGMA = 1.0


def ssim_map(restored_BCHW: Tensor, target_BCHW: Tensor, constant: float) -> Tensor:
    """Structural similarity in the window around each position.

    At the border the window is truncated and its weights are renormalised, so the map keeps its size.

    Args:
        restored_BCHW: float, standardised features.
        target_BCHW: Same shape.
        constant: Added to numerator and denominator of both factors (C1 and C2 of SSIM), in units of a variance;
            above 0. Where the planes vary much less than this, they count as similar.

    Returns:
        float ``BCHW`` in [-1, 1]; 1 where both windows are equal.

    >>> ssim_map(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2), constant=1.0)
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
    squares = mean_r.square() + mean_t.square()
    products = mean_r * mean_t
    variances = mean(restored_BCHW.square() + target_BCHW.square()) - squares
    covariance = mean(restored_BCHW * target_BCHW) - products
    luminance = (2 * products + constant) / (squares + constant)
    return luminance * (2 * covariance + constant) / (variances + constant)


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
