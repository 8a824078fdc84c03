from typing import Any

import pytest
import torch
from torch import Tensor

from mfrnet import MapSettings
from mfrnet.calibration import Calibration, calibrating, split_held_out, weighted


def learned(held_out: Tensor, training: Tensor | None = None, **settings: Any) -> Calibration:
    """In batches of three images."""
    batches = () if training is None else training.split(3)
    return Calibration.of(held_out.split(3), batches, MapSettings(**settings))


def test_calibrated_normal_maps_have_mean_zero_and_about_unit_spread_per_term_and_group() -> None:
    generator = torch.Generator().manual_seed(0)
    scale = torch.tensor([1.0, 100.0]).view(1, 2, 1, 1, 1)
    maps_BTGHW = 5 + scale * torch.randn(400, 2, 3, 4, 4, generator=generator)
    calibration = learned(maps_BTGHW)
    z = (maps_BTGHW - calibration.mean_TGHW) / calibration.spread_TGHW
    assert z.mean(dim=0).abs().max() < 1e-4
    assert (z.std(dim=0) - 1).abs().max() < 0.15


def test_few_images_lean_on_the_spread_over_all_positions() -> None:
    maps_BTGHW = torch.zeros(3, 1, 1, 1, 2)
    maps_BTGHW[:, 0, 0, 0, 1] = torch.tensor([-1.0, 0.0, 1.0])
    spread = learned(maps_BTGHW).spread_TGHW.flatten()
    # Variances 0 and 1 of three images, drawn towards their pooled value of one half by ten more.
    assert torch.allclose(spread.square(), torch.tensor([5 / 12, 7 / 12]))


def test_constant_maps_do_not_divide_by_zero() -> None:
    maps = torch.ones(4, 1, 1, 2, 2)
    assert torch.isfinite(learned(maps).distances(maps)).all()


def test_terms_count_by_their_weights_and_groups_alike() -> None:
    calibration = Calibration(torch.zeros(2, 2, 1, 1), torch.ones(2, 2, 1, 1))
    maps_BTGHW = torch.tensor([[1.0, 3.0], [10.0, 30.0]]).view(1, 2, 2, 1, 1)
    assert weighted(calibration.distances(maps_BTGHW), [3.0, 1.0]).item() == 0.75 * 2 + 0.25 * 20


def test_held_out_and_training_images_are_disjoint_and_complete() -> None:
    held_out, training = split_held_out(40, 0.15, torch.Generator().manual_seed(0))
    assert len(held_out) == 6
    assert sorted(held_out + training) == list(range(40))


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected at least 4 training images, got 3"):
        split_held_out(3, 0.5, torch.Generator())


def test_a_share_of_nothing_holds_out_nothing() -> None:
    assert split_held_out(5, 0.0, torch.Generator()) == ([], [0, 1, 2, 3, 4])


def test_without_calibration_terms_keep_their_scale() -> None:
    maps_BTGHW = torch.tensor([[1.0, 3.0], [10.0, 30.0]]).view(1, 2, 2, 1, 1)
    assert Calibration.none("cpu").distances(maps_BTGHW).flatten().tolist() == [2.0, 20.0]


def test_statistics_are_averaged_over_neighbours_inside_the_map() -> None:
    maps_BTGHW = torch.zeros(2, 1, 1, 1, 3)
    maps_BTGHW[:, 0, 0, 0, 0] = torch.tensor([0.0, 6.0])
    assert learned(maps_BTGHW, calibration_neighbourhood=3).mean_TGHW.flatten().tolist() == [1.5, 1.0, 0.0]


def test_images_that_were_trained_on_say_where_and_held_out_ones_how_much() -> None:
    generator = torch.Generator().manual_seed(0)
    pattern = torch.tensor([1.0, 2.0, 3.0, 6.0]).view(1, 1, 1, 2, 2)
    held_out = pattern * (10 + torch.randn(6, 1, 1, 2, 2, generator=generator))
    training = pattern * (2 + 0.1 * torch.randn(4000, 1, 1, 2, 2, generator=generator))
    alone, pooled = learned(held_out), learned(held_out, training)
    assert torch.allclose(pooled.mean_TGHW.mean(), alone.mean_TGHW.mean(), rtol=1e-5)
    for found, rtol in ((pooled.mean_TGHW, 0.01), (pooled.spread_TGHW, 0.05)):
        assert torch.allclose(found / found.mean(), pattern[0] / pattern.mean(), rtol=rtol)
    assert not torch.allclose(alone.spread_TGHW / alone.spread_TGHW.mean(), pattern[0] / pattern.mean(), rtol=0.05)


def test_a_weight_of_zero_is_calibration_on_held_out_images_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    held_out, training = torch.rand(5, 2, 1, 3, 3, generator=generator), torch.rand(9, 2, 1, 3, 3, generator=generator)
    alone, unweighted = learned(held_out), learned(held_out, training, calibration_training_weight=0.0)
    assert torch.equal(alone.mean_TGHW, unweighted.mean_TGHW)
    assert torch.equal(alone.spread_TGHW, unweighted.spread_TGHW)


def test_how_small_errors_are_on_images_that_were_trained_on_does_not_matter() -> None:
    generator = torch.Generator().manual_seed(0)
    held_out, training = torch.rand(5, 2, 1, 3, 3, generator=generator), torch.rand(9, 2, 1, 3, 3, generator=generator)
    found, smaller = learned(held_out, training), learned(held_out, training / 1000)
    assert torch.allclose(found.mean_TGHW, smaller.mean_TGHW)
    assert torch.allclose(found.spread_TGHW, smaller.spread_TGHW)


def test_images_that_were_learned_by_heart_do_not_divide_by_zero() -> None:
    held_out = torch.rand(5, 1, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    calibration = learned(held_out, torch.zeros(8, 1, 1, 2, 2))
    assert torch.isfinite(calibration.distances(held_out)).all()


@pytest.mark.parametrize(("count", "weight", "expected"), [(3, 1.0, 3), (500, 0.5, 500), (1234, 1.0, 500), (9, 0.0, 0)])
def test_at_most_500_images_that_were_trained_on_calibrate(count: int, weight: float, expected: int) -> None:
    found = calibrating(range(0, 2 * count, 2), weight)
    assert len(found) == len(set(found)) == expected
    assert set(found) <= set(range(0, 2 * count, 2))
    assert found == sorted(found)
