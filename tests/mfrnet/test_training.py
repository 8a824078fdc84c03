import numpy as np
import pytest

from mfrnet import MFRNetSettings, fit_detector, num_steps
from mfrnet.features import FeatureStack
from mfrnet.training import images_per_step, steps_on


@pytest.mark.parametrize(("grid", "expected"), [((12, 14), 8), ((8, 8), 8), ((12, 30), 3), ((100, 100), 1)])
def test_a_step_costs_the_same_whatever_the_size_of_the_images(grid: tuple[int, int], expected: int) -> None:
    assert images_per_step(MFRNetSettings(batch_size=8), grid) == expected


@pytest.mark.parametrize(
    ("num_images", "grid", "expected"),
    [
        (75, (12, 14), 500),  # 20 passes of 25 steps
        (76, (12, 14), 520),  # the last batch of a pass counts as a whole one
        (225, (12, 14), 1500),
        (10_000, (12, 14), 1500),
        (75, (24, 28), 1500),  # one image a step
        (1, (12, 14), 20),
    ],
)
def test_few_images_end_the_training_after_epochs_passes(num_images: int, grid: tuple[int, int], expected: int) -> None:
    assert steps_on(MFRNetSettings(), num_images, grid) == expected


@pytest.mark.parametrize(("share", "epochs", "expected"), [(0.25, 2, 4), (0.25, 50, 30), (0.0, 2, 6)])
def test_training_takes_the_steps_that_are_foretold(share: float, epochs: int, expected: int) -> None:
    features = np.random.default_rng(0).normal(size=(8, 4, 4, 4)).astype(np.float32)
    settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=30, epochs=epochs, cell=1, calibration_share=share)
    seen: list[tuple[int, int]] = []
    fit_detector(
        FeatureStack([features], (64, 64)), settings, 0, report=lambda done, total, _: seen.append((done, total))
    )
    assert seen[-1] == (expected, expected)
    assert num_steps(settings, 8, (64, 64)) == expected


def test_a_loss_that_is_not_finite_ends_the_training() -> None:
    features = np.random.default_rng(0).normal(size=(8, 4, 4, 4)).astype(np.float32)
    settings = MFRNetSettings(width=16, num_heads=2, depth=1, steps=20, cell=1, learning_rate=1e30)
    with pytest.raises(FloatingPointError, match=r"The loss is nan at step 20; a lower learning_rate may help"):
        fit_detector(FeatureStack([features], (64, 64)), settings, seed=0)


def test_features_that_are_not_finite_are_refused() -> None:
    features = np.full((8, 4, 4, 4), np.nan, np.float32)
    with pytest.raises(ValueError, match="Expected finite features of normal images, got NaN or infinity"):
        fit_detector(FeatureStack([features], (64, 64)), MFRNetSettings(cell=1), seed=0)
