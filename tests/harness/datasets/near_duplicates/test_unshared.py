import numpy as np

from harness.datasets.near_duplicates import thumbnail
from harness.datasets.near_duplicates.candidates import candidate_pairs
from harness.datasets.near_duplicates.correlation import spectra
from harness.datasets.near_duplicates.unshared import NUM_NEIGHBOURS, unshared_neighbours
from tests.support.parts import photographs, plate


def test_finds_shifted_twins_of_upright_parts_that_slow_waves_do_not() -> None:
    images, parts, _ = photographs(plate, 100, 30)
    spectra_NHW = spectra(np.stack([small for image in images if (small := thumbnail(image)) is not None]))
    twins = {(row, row + 1) for row in range(len(parts) - 1) if parts[row] == parts[row + 1]}
    near_NK = unshared_neighbours(spectra_NHW)
    found = {(row, near) for row in range(len(images)) for near in near_NK[row].tolist()}
    coarse = {(int(left), int(right)) for left, right in zip(*candidate_pairs(spectra_NHW), strict=True)}
    assert len(twins & found) >= 28 > len(twins & coarse)
    assert near_NK.shape == (len(images), NUM_NEIGHBOURS)


def test_two_images_are_neighbours() -> None:
    noise = np.random.default_rng(0).integers(-100, 101, (2, 48, 48)).astype(np.int8)
    assert unshared_neighbours(spectra(noise)).tolist() == [[1], [0]]
