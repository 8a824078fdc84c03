import torch
from torch.nn import functional as F

from mfrnet.loss import HybridLoss
from mfrnet.structure import ssim_map

ALL = {"pixel": 1.0, "structure": 1.0, "cosine": 1.0}


def maps(seed: int, channels: int = 10) -> torch.Tensor:
    return torch.randn(2, channels, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_term_maps_are_the_terms_of_each_group() -> None:
    restored, target = maps(0), maps(1)
    terms_BTGHW = HybridLoss([4, 6], ALL).term_maps(restored, target)
    assert terms_BTGHW.shape == (2, 3, 2, 8, 8)
    second = slice(4, 10)
    error = (restored[:, second] - target[:, second]).square().mean(dim=1)
    structure = 1 - ssim_map(restored[:, second], target[:, second]).mean(dim=1)
    cosine = 1 - F.cosine_similarity(restored[:, second], target[:, second], dim=1)
    assert torch.allclose(terms_BTGHW[:, :, 1], torch.stack([error, structure, cosine], dim=1))


def test_perfect_restoration_costs_nothing() -> None:
    assert HybridLoss([10], ALL)(maps(2), maps(2)).abs() < 1e-5


def test_every_group_counts_the_same_whatever_its_channels() -> None:
    target = torch.zeros(1, 10, 8, 8)
    wrong_in_small, wrong_in_large = target.clone(), target.clone()
    wrong_in_small[:, :1] = 1
    wrong_in_large[:, 1:] = 1
    loss = HybridLoss([1, 9], {"pixel": 1.0, "structure": 0.0, "cosine": 0.0})
    assert loss(wrong_in_small, target) == loss(wrong_in_large, target) == 0.5


def test_a_term_without_weight_is_left_out() -> None:
    assert HybridLoss([10], {"pixel": 0.0, "structure": 2.0, "cosine": 0.0}).terms == ("structure",)


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    weights = {"pixel": 0.5, "structure": 2.0, "cosine": 3.0}
    means = HybridLoss([4, 6], ALL).term_maps(maps(0), maps(1)).mean(dim=(0, 2, 3, 4))
    expected = 0.5 * means[0] + 2 * means[1] + 3 * means[2]
    assert torch.allclose(HybridLoss([4, 6], weights)(maps(0), maps(1)), expected)
