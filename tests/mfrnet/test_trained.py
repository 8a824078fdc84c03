from dataclasses import replace
from typing import Any

import pytest
import torch

from mfrnet import FeatureStack, MFRNetSettings, calibrate, fit_detector, tensors_of_trained, train, trained_of

SETTINGS = MFRNetSettings(
    width=8, num_heads=1, depth=1, steps=3, cell=1, paste_share=1.0, jitter=0.5, map_structure=0.5
)
OTHER: dict[str, Any] = {
    "calibration_training_weight": 0.25,
    "calibration_neighbourhood": 3,
    "smoothing_px": 8.0,
    "smoothing_border": "replicate",
    "top_share": 0.5,
    "n": 3,
    "scoring_cells": (1, 2),
    "context_scaling": 0.25,
    "map_residual": 2.0,
    "map_structure": 1.0,
    "map_cosine": 1.0,
    "map_distance": 1.0,
    "score_residual": 0.25,
    "score_structure": 1.0,
    "score_cosine": 2.0,
    "score_distance": 1.0,
}


def stack(num_images: int = 12) -> FeatureStack:
    generator = torch.Generator().manual_seed(1)
    layers = [torch.randn(num_images, channels, 8, 8, generator=generator).numpy() for channels in (4, 6)]
    return FeatureStack(layers, image_size_px=(128, 128))


def test_every_setting_that_training_does_not_read_is_tried_here() -> None:
    assert set(OTHER) == MFRNetSettings.after_training()
    assert all(getattr(SETTINGS, name) != value for name, value in OTHER.items())


@pytest.mark.parametrize("name", sorted(OTHER))
def test_a_network_trained_for_another_value_gives_the_maps_of_one_of_its_own(name: str) -> None:
    changed = replace(SETTINGS, **{name: OTHER[name]})
    kept = tensors_of_trained(train(stack(), SETTINGS, seed=3))
    own = tensors_of_trained(train(stack(), changed, seed=3))
    assert kept.keys() == own.keys()
    assert all(torch.equal(kept[tensor], own[tensor]) for tensor in kept)

    shared = calibrate(trained_of(kept, changed, (8, 8)), stack(), changed)
    alone = fit_detector(stack(), changed, seed=3)
    before, after = (detector.judge(stack().batch(range(4))) for detector in (shared, alone))
    assert (before.maps_BHW == after.maps_BHW).all()
    assert (before.scores_B == after.scores_B).all()
    usual = fit_detector(stack(), SETTINGS, seed=3).judge(stack().batch(range(4)))
    assert (after.maps_BHW != usual.maps_BHW).any() or (after.scores_B != usual.scores_B).any()


def test_a_network_of_other_settings_is_refused() -> None:
    kept = tensors_of_trained(train(stack(), SETTINGS, seed=3))
    with pytest.raises(ValueError, match="expected"):
        trained_of(kept, replace(SETTINGS, width=16), (8, 8))


@pytest.mark.parametrize("name", ["k", "cell", "weight_visible", "paste_share", "steps", "calibration_share", "ridge"])
def test_what_training_reads_changes_what_it_leaves(name: str) -> None:
    value = {"k": 3, "cell": 2, "weight_visible": 0.0, "paste_share": 0.0, "steps": 4, "ridge": 1.0}.get(name, 0.5)
    one, other = (
        tensors_of_trained(train(stack(), each, seed=3)) for each in (SETTINGS, replace(SETTINGS, **{name: value}))
    )
    assert any(one[tensor].shape != other[tensor].shape or (one[tensor] != other[tensor]).any() for tensor in one)
