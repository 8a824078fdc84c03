import numpy as np
import pytest
from numpy.typing import NDArray

from harness.datasets.near_duplicates import SIDE_PX, thumbnail
from tests.support.photographs import photograph, surface


def small(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    found = thumbnail(pixels)
    assert found is not None
    return found.astype(np.float64).ravel()


@pytest.mark.parametrize("shape", [(96, 96), (30, 200), (48, 48), (7, 5)])
def test_is_a_small_square_whatever_the_image(shape: tuple[int, int]) -> None:
    found = thumbnail(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    assert found is not None
    assert (found.shape, found.dtype) == ((SIDE_PX, SIDE_PX), np.int8)


@pytest.mark.parametrize("how", [{"gain": 0.4}, {"gamma": 0.6}, {"gamma": 1.6}, {"slope": 0.6}])
def test_hardly_changes_with_the_light(how: dict[str, float]) -> None:
    seen = surface(0)
    before, after = small(photograph(seen)), small(photograph(seen, seed=1, **how))  # type: ignore[arg-type]
    assert np.corrcoef(before, after)[0, 1] > 0.97


def test_differs_between_surfaces() -> None:
    assert abs(np.corrcoef(small(photograph(surface(0))), small(photograph(surface(1))))[0, 1]) < 0.1


def test_of_an_image_of_one_colour_there_is_none() -> None:
    assert thumbnail(np.full((40, 50), 120, np.uint8)) is None
