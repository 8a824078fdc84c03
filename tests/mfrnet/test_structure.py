import pytest
import torch
from pytorch_msssim import ssim

from mfrnet.structure import SIGMA, WINDOW, ssim_map


def planes(seed: int, height: int = 20, width: int = 26) -> torch.Tensor:
    return torch.randn(2, 5, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_interior_mean_is_that_of_pytorch_msssim() -> None:
    restored, target = planes(0), planes(0) * 0.7 + 0.5 * planes(1)
    ours = ssim_map(restored, target, constant=0.3)
    margin = WINDOW // 2
    interior = ours[..., margin:-margin, margin:-margin].mean(dim=(1, 2, 3))
    # Its constants are (K x data_range) squared.
    oracle = ssim(
        restored, target, data_range=1.0, size_average=False, win_size=WINDOW, win_sigma=SIGMA, K=(0.3**0.5, 0.3**0.5)
    )
    assert torch.allclose(interior, oracle.double(), atol=1e-6)


def test_equal_maps_are_perfectly_similar() -> None:
    assert torch.allclose(ssim_map(planes(3), planes(3), 1.0), torch.ones(1, dtype=torch.float64))


def test_the_map_keeps_its_size_and_is_symmetric() -> None:
    one, other = planes(4), planes(5)
    assert ssim_map(one, other, 1.0).shape == one.shape
    assert torch.allclose(ssim_map(one, other, 1.0), ssim_map(other, one, 1.0))


@pytest.mark.parametrize("size", [(1, 1), (3, 40)])
def test_maps_smaller_than_the_window_are_allowed(size: tuple[int, int]) -> None:
    assert torch.isfinite(ssim_map(planes(0, *size), planes(1, *size), 1.0)).all()
