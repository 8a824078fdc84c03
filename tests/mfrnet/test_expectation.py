from typing import Any

import torch
from torch import Tensor

from mfrnet import FeatureStack, MFRNetSettings, fit_detector
from mfrnet.expectation import ExpectedLengths

SLOPE_CG = torch.tensor([[0.4, 0.0], [0.0, -0.2], [0.1, 0.0]])


def images(count: int, level: float = 1.0, noise: float = 0.05, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Restored features, and lengths of errors that follow them but for some noise."""
    generator = torch.Generator().manual_seed(seed)
    restored_BCHW = 2 + torch.randn(count, 3, 4, 4, generator=generator)
    logs_BGHW = torch.einsum("bchw,cg->bghw", restored_BCHW, SLOPE_CG)
    return restored_BCHW, level * (logs_BGHW + noise * torch.randn(logs_BGHW.shape, generator=generator)).exp()


def learned(
    held_out: tuple[Tensor, Tensor], training: tuple[Tensor, Tensor] | None = None, **settings: Any
) -> ExpectedLengths:
    """In batches of three images."""

    def batches(given: tuple[Tensor, Tensor]) -> list[tuple[Tensor, Tensor]]:
        return list(zip(*(each.split(3) for each in given), strict=True))

    settings = {"context_scaling": 1.0} | settings
    return ExpectedLengths.of(
        batches(held_out), batches(training) if training else [], MFRNetSettings(**settings), torch.device("cpu")
    )


def test_what_lengths_owe_to_the_restored_features_is_found_for_each_group() -> None:
    assert torch.allclose(learned(images(2000)).slope_CG, SLOPE_CG, atol=0.01)


def test_divided_by_their_factors_lengths_no_longer_follow_the_restored_features() -> None:
    expected = learned(images(2000))
    restored_BCHW, lengths_BGHW = images(500, seed=1)
    left = (lengths_BGHW / expected.factors(restored_BCHW)).log()
    assert torch.allclose(left.std(dim=(0, 2, 3)), torch.tensor(0.05), atol=0.005)  # the noise


def test_factors_leave_the_level_of_normal_images_alone() -> None:
    restored_BCHW, _ = images(500)
    logs = learned(images(500)).factors(restored_BCHW).log()
    assert logs.mean(dim=(0, 2, 3)).abs().max() < 1e-3


def test_ten_images_are_believed_half_as_much_as_many() -> None:
    few = torch.stack([learned(images(10, seed=seed)).slope_CG for seed in range(20)]).mean(dim=0)
    assert torch.allclose(few, SLOPE_CG / 2, atol=0.02)


def test_the_scale_of_the_features_does_not_matter() -> None:
    restored, lengths = images(10)
    tenfold = learned((10 * restored, lengths)).slope_CG
    assert torch.allclose(10 * tenfold, learned((restored, lengths)).slope_CG, atol=1e-4)


def test_the_power_scales_logarithms() -> None:
    whole, half = learned(images(50)), learned(images(50), context_scaling=0.5)
    assert torch.allclose(half.slope_CG, whole.slope_CG / 2)


def test_the_smaller_errors_of_images_that_were_trained_on_teach_as_much() -> None:
    """What tells the two apart is no reason to expect anything."""
    held_out, (restored, lengths) = images(10), images(40, level=0.1, seed=1)
    joined = tuple(map(torch.cat, zip(held_out, images(40, seed=1), strict=True)))
    slope = learned(held_out, (restored, lengths)).slope_CG
    assert torch.allclose(slope, learned((joined[0], joined[1])).slope_CG, atol=0.01)
    assert torch.allclose(
        learned(held_out, (restored, lengths), calibration_training_weight=0.0).slope_CG, learned(held_out).slope_CG
    )


def test_two_images_of_half_the_weight_count_as_one() -> None:
    held_out, training = images(10), images(20, seed=1)
    twice = torch.cat([training[0]] * 2), torch.cat([training[1]] * 2)
    half = learned(held_out, twice, calibration_training_weight=0.5)
    assert torch.allclose(half.slope_CG, learned(held_out, training).slope_CG, atol=1e-4)


def test_images_without_any_difference_teach_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    for count in (5, 500):
        for value in (0.0, 0.3, -7.7):
            lengths = torch.rand(count, 2, 4, 4, generator=generator)
            assert learned((torch.full((count, 3, 4, 4), value), lengths)).slope_CG.abs().max() < 0.02


def test_a_restoration_unlike_all_normal_ones_changes_a_length_by_a_bounded_factor() -> None:
    factors = ExpectedLengths(torch.zeros(1), torch.ones(1, 1)).factors(torch.tensor([[[[1e9, -1e9]]]]))
    assert torch.allclose(factors.log(), torch.tensor([1.5, -1.5]))


def grounds_of_two_kinds(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noise that is five times as strong on one half of an image, which a first channel marks; and where that is."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.zeros(count, 1, 8, 8)
    for image in coarse:
        turns = int(torch.randint(4, (), generator=generator))
        image[:, :4] = 1
        image.copy_(torch.rot90(image, turns, (1, 2)).clone())
    strength = 0.2 + 0.8 * coarse
    noise = strength * torch.randn(count, 4, 8, 8, generator=generator)
    return torch.cat([2 * coarse + 0.1 * noise[:, :1], noise[:, 1:]], dim=1), coarse[:, 0] > 0


def excess_on_coarse_ground(context_scaling: float) -> float:
    """How much higher maps of normal images are there than elsewhere, in spreads."""
    normal, _ = grounds_of_two_kinds(60, seed=0)
    settings = MFRNetSettings(
        width=16, num_heads=1, depth=1, steps=150, cell=1, neighbourhood=1, context_scaling=context_scaling,
        smoothing_px=0.0,
    )  # fmt: skip
    detector = fit_detector(FeatureStack([normal.numpy()], (128, 128)), settings, seed=0)
    test, coarse = grounds_of_two_kinds(20, seed=1)
    maps = torch.tensor(detector.judge([test]).maps_BHW)[:, 8::16, 8::16]
    return float(maps[coarse].mean() - maps[~coarse].mean())


def test_what_is_hard_to_restore_raises_fewer_false_alarms_wherever_it_lies() -> None:
    assert abs(excess_on_coarse_ground(1.0)) < excess_on_coarse_ground(0.0) / 2
