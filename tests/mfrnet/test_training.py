import numpy as np
import pytest

from mfrnet import MFRNetSettings, fit_detector
from mfrnet.features import FeatureStack
from mfrnet.training import images_per_step


@pytest.mark.parametrize(("grid", "expected"), [((12, 14), 8), ((8, 8), 8), ((12, 30), 3), ((100, 100), 1)])
def test_a_step_costs_the_same_whatever_the_size_of_the_images(grid: tuple[int, int], expected: int) -> None:
    assert images_per_step(MFRNetSettings(batch_size=8), grid) == expected


def test_a_loss_that_is_not_finite_ends_the_training() -> None:
    features = np.random.default_rng(0).normal(size=(8, 4, 4, 4)).astype(np.float32)
    settings = MFRNetSettings(width=16, num_heads=2, depth=1, steps=20, cell=1, learning_rate=1e30)
    with pytest.raises(FloatingPointError, match=r"The loss is nan at step 20; a lower learning_rate may help"):
        fit_detector(FeatureStack([features], (64, 64)), settings, seed=0)


def test_features_that_are_not_finite_are_refused() -> None:
    features = np.full((8, 4, 4, 4), np.nan, np.float32)
    with pytest.raises(ValueError, match="Expected finite features of normal images, got NaN or infinity"):
        fit_detector(FeatureStack([features], (64, 64)), MFRNetSettings(cell=1), seed=0)
