import numpy as np
import torch

from mfrnet import FeatureStack, MapSettings
from mfrnet.aggregator import Aggregator, join


def stack() -> FeatureStack:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 1, 8, 8))
    fine = shared + 0.3 * rng.normal(size=(60, 3, 8, 8)) + 5
    coarse = 2 * rng.normal(size=(60, 2, 4, 4))
    return FeatureStack([fine.astype(np.float32), coarse.astype(np.float32)], (64, 64))


def learned(**settings: object) -> Aggregator:
    chosen = MapSettings(**{"grid_stride_px": 16, "neighbourhood": 1, "ridge": 1e-6, **settings})  # type: ignore[arg-type]
    return Aggregator.of(stack(), range(60), chosen, torch.device("cpu"))


def covariance(rows_BCHW: torch.Tensor) -> torch.Tensor:
    return torch.cov(rows_BCHW.permute(1, 0, 2, 3).flatten(1), correction=0)


def test_groups_of_normal_images_are_white_each_by_itself() -> None:
    joined = learned()(stack().batch(range(60)))
    assert joined.shape == (60, 5, 4, 4)
    assert joined.mean(dim=(0, 2, 3)).abs().max() < 1e-4
    for group in (slice(0, 3), slice(3, 5)):
        assert torch.allclose(covariance(joined[:, group]), torch.eye(joined[:, group].shape[1]), atol=1e-3)


def test_standardised_groups_come_back_from_whitened_ones() -> None:
    batch = stack().batch(range(8))
    plain = learned(whiten=False)(batch)
    back = learned().standardised_groups(learned()(batch))
    assert torch.allclose(torch.cat(back, dim=1), plain, atol=1e-3)


def test_without_whitening_channels_have_unit_variance_and_stay_correlated() -> None:
    matrix = covariance(learned(whiten=False)(stack().batch(range(60))))
    assert torch.allclose(matrix.diagonal(), torch.ones(5), atol=1e-3)
    assert matrix[0, 1] > 0.3


def test_a_neighbourhood_is_the_mean_of_the_positions_inside_the_map() -> None:
    layer = torch.arange(9.0).view(1, 1, 3, 3)
    averaged = join([layer], (3, 3), neighbourhood=3)
    assert averaged[0, 0, 1, 1] == 4.0
    assert averaged[0, 0, 0, 0] == (0 + 1 + 3 + 4) / 4


def test_values_far_outside_are_limited() -> None:
    far = [torch.full((1, 3, 8, 8), 1e6), torch.zeros(1, 2, 4, 4)]
    assert learned()(far).abs().max() <= 50
