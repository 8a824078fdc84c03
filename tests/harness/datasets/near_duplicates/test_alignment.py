import numpy as np
import pytest

from harness.datasets.near_duplicates import detail
from harness.datasets.near_duplicates.alignment import aligned_similarities
from tests.support.parts import photograph, screw


def readings(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    details = [small for image in (first, second) if (small := detail(image)) is not None]
    (whole,), (middle,) = aligned_similarities(details, np.array([0]), np.array([1]))
    return whole, middle


def shot(seed: int, **how: object) -> np.ndarray:
    return photograph(screw(np.random.default_rng(seed)), np.random.default_rng(seed + 1), **how)  # type: ignore[arg-type]


def test_an_image_is_as_alike_as_can_be_to_itself() -> None:
    assert readings(shot(0), shot(0)) == pytest.approx((1.0, 1.0), abs=1e-4)


def test_a_shift_does_not_hide_a_twin() -> None:
    whole, middle = readings(shot(0), shot(0, shift_px=(6, -7), noise_grey=0.0))
    assert min(whole, middle) > 0.8


def test_another_screw_is_less_alike() -> None:
    assert max(readings(shot(0), shot(1))) < 0.5
