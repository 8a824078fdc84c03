import numpy as np
import pytest

from harness.synthetic.exact import ExactRng
from harness.synthetic.perlin import perlin


def test_is_bounded_and_about_zero() -> None:
    planes = np.stack([perlin(ExactRng(seed), (60, 80), (5.0, 7.5)) for seed in range(40)])
    assert np.abs(planes).max() <= 1.0
    assert abs(planes.mean()) < 0.02
    assert planes.std() > 0.2


def test_is_zero_on_the_lattice() -> None:
    # Pixel centres come nearest to lattice points at the border of two cells.
    plane = perlin(ExactRng(1), (400, 400), (4.0, 4.0))
    assert np.abs(plane[99:101, 99:101]).max() < 0.02


def test_is_smooth_across_cells() -> None:
    plane = perlin(ExactRng(2), (256, 256), (4.0, 4.0))
    steps = np.abs(np.diff(plane, axis=0))
    assert steps.max() < 0.08


@pytest.mark.parametrize(("cells", "coarser"), [((16.0, 16.0), (4.0, 4.0)), ((8.0, 40.0), (8.0, 4.0))])
def test_more_cells_are_finer(cells: tuple[float, float], coarser: tuple[float, float]) -> None:
    def roughness(of: tuple[float, float]) -> float:
        return float(np.abs(np.diff(perlin(ExactRng(3), (128, 128), of), axis=1)).mean())

    assert roughness(cells) > 2 * roughness(coarser)
