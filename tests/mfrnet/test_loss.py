from typing import Any

import pytest
import torch
from torch.nn import functional as F

from mfrnet import MFRNetSettings
from mfrnet.aggregator import Aggregator
from mfrnet.loss import HybridLoss, cosine_distance
from mfrnet.structure import ssim_map
from mfrnet.whitening import Whitening


def maps(seed: int, channels: int = 10) -> torch.Tensor:
    return torch.randn(2, channels, 8, 8, generator=torch.Generator().manual_seed(seed))


def loss(channels: list[int], **settings: Any) -> HybridLoss:
    """Whitening doubles every feature."""
    shape = (1, sum(channels), 1, 1)
    whitening = Whitening([2 * torch.eye(count) for count in channels])
    aggregator = Aggregator((8, 8), 1, torch.zeros(shape), torch.ones(shape), whitening)
    return HybridLoss(aggregator, MFRNetSettings(**settings))


def test_terms_are_those_of_each_group_in_its_space() -> None:
    restored, target, hybrid = maps(0), maps(1), loss([4, 6], similarity_constant=0.5)
    second = slice(4, 10)
    pixel = (restored[:, second] - target[:, second]).square().mean(dim=1)
    assert torch.allclose(hybrid.pixel(restored, target)[:, 1], pixel)
    standardised = restored[:, second] / 2, target[:, second] / 2
    assert torch.allclose(hybrid.structure(restored, target)[:, 1], 1 - ssim_map(*standardised, 0.5).mean(dim=1))
    assert torch.allclose(hybrid.cosine(restored, target)[:, 1], cosine_distance(*standardised, 0.5))


def test_perfect_restoration_costs_nothing() -> None:
    assert loss([10])(maps(2), maps(2)).abs() < 1e-5


def test_every_group_counts_the_same_whatever_its_channels() -> None:
    target = torch.zeros(1, 10, 8, 8)
    wrong_in_small, wrong_in_large = target.clone(), target.clone()
    wrong_in_small[:, :1] = 1
    wrong_in_large[:, 1:] = 1
    hybrid = loss([1, 9], weight_structure=0.0, weight_cosine=0.0)
    assert hybrid(wrong_in_small, target) == hybrid(wrong_in_large, target) == 0.5


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    hybrid = loss([4, 6], weight_pixel=0.5, weight_structure=2.0, weight_cosine=3.0)
    pixel, structure, cosine = (
        term(maps(0), maps(1)).mean() for term in (hybrid.pixel, hybrid.structure, hybrid.cosine)
    )
    assert torch.allclose(hybrid(maps(0), maps(1)), 0.5 * pixel + 2 * structure + 3 * cosine)


@pytest.mark.parametrize("seed", [0, 1])
def test_without_a_constant_the_cosine_is_that_of_torch(seed: int) -> None:
    expected = 1 - F.cosine_similarity(maps(seed), maps(seed + 1), dim=1)
    assert torch.allclose(cosine_distance(maps(seed), maps(seed + 1), 1e-9), expected, atol=1e-5)


def test_features_near_the_mean_count_as_similar() -> None:
    opposite = 0.01 * maps(0)
    assert cosine_distance(opposite, -opposite, 1.0).max() < 0.01
    assert cosine_distance(opposite, -opposite, 1e-9).min() > 1.9
