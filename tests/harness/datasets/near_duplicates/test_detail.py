import numpy as np
import pytest

from harness.datasets.near_duplicates import DETAIL_PX, detail
from tests.support.photographs import photograph, surface


@pytest.mark.parametrize("shape", [(96, 96), (30, 200), (7, 5)])
def test_is_a_square_whatever_the_image(shape: tuple[int, int]) -> None:
    found = detail(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    assert found is not None
    assert (found.shape, found.dtype) == ((DETAIL_PX, DETAIL_PX), np.int8)


def test_hardly_changes_with_the_exposure() -> None:
    before, after = (detail(photograph(surface(0), gain=gain, seed=1)) for gain in (1.0, 0.5))
    assert before is not None
    assert after is not None
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.95


def test_noise_beside_an_edge_stays_small() -> None:
    pixels = np.random.default_rng(0).normal(60, 2, (96, 96))
    pixels[:, 48:] += 120
    found = detail(pixels.clip(0, 255).astype(np.uint8))
    assert found is not None
    assert found[:, 10:30].std() < 0.35 * found.std()


def test_of_an_image_of_one_colour_there_is_none() -> None:
    assert detail(np.full((40, 50), 120, np.uint8)) is None
