import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from harness.datasets.near_duplicates.correlation import MAX_SHIFT, finer_similarities, shifted, similarities, spectra
from harness.datasets.near_duplicates.thumbnail import SIDE_PX

MAX_SHIFT_PX = round(MAX_SHIFT * SIDE_PX)


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(-100, 101, (8, SIDE_PX, SIDE_PX)).astype(np.int8)


def similarity(first_HW: np.ndarray, second_HW: np.ndarray) -> float:
    found = similarities(spectra(np.stack([first_HW, second_HW])), np.array([0]), np.array([1]))
    return float(found[0])


def test_equals_a_whole_inverse_transform_searched_by_hand(noise: np.ndarray) -> None:
    # Four times as fine, so that every half pixel of the search is a point of it.
    spectra_NHW = spectra(noise)
    left_P, right_P = np.triu_indices(len(noise), 1)
    found_P = similarities(spectra_NHW, left_P, right_P)
    for left, right, found in zip(left_P, right_P, found_P, strict=True):
        product_HW = np.fft.fftshift(np.fft.fft2(np.fft.irfft2(spectra_NHW[left] * spectra_NHW[right].conj())))
        fine_HW = np.zeros((2 * SIDE_PX, 2 * SIDE_PX), complex)
        fine_HW[SIDE_PX // 2 : -SIDE_PX // 2, SIDE_PX // 2 : -SIDE_PX // 2] = product_HW
        plane_HW = 4 * np.fft.ifft2(np.fft.ifftshift(fine_HW)).real
        near = np.arange(-2 * MAX_SHIFT_PX, 2 * MAX_SHIFT_PX + 1)
        assert found == pytest.approx(plane_HW[np.ix_(near, near)].max(), abs=0.01)


def test_is_one_for_a_picture_and_itself(noise: np.ndarray) -> None:
    assert similarity(noise[0], noise[0]) == pytest.approx(1.0, abs=1e-5)


def test_is_the_same_both_ways(noise: np.ndarray) -> None:
    assert similarity(noise[0], noise[1]) == pytest.approx(similarity(noise[1], noise[0]), abs=1e-6)


@pytest.mark.parametrize(("shift", "low", "high"), [(1, 0.8, 1.0), (MAX_SHIFT_PX, 0.6, 1.0), (12, 0.0, 0.2)])
def test_finds_a_picture_that_is_shifted_a_little_and_not_one_that_is_far_off(
    noise: np.ndarray, shift: int, low: float, high: float
) -> None:
    assert low < similarity(noise[0], np.roll(noise[0], shift, axis=1)) < high


def test_is_low_for_unlike_pictures(noise: np.ndarray) -> None:
    assert similarity(noise[0], noise[1]) < 0.15


def test_an_inverted_picture_is_no_twin(noise: np.ndarray) -> None:
    assert similarity(noise[0], -noise[0]) < 0.3


def test_a_fraction_of_a_pixel_is_found_and_costs_nothing(noise: np.ndarray) -> None:
    smooth_NHW = gaussian_filter(noise.astype(float), (0, 2, 2), mode="wrap")
    pictures_NHW = np.rint(60 * smooth_NHW / smooth_NHW.std()).clip(-127, 127).astype(np.int8)
    spectra_NHW = spectra(pictures_NHW[:2], whitening=0.0)
    moved_NHW = np.concatenate([spectra_NHW, shifted(spectra_NHW[:1], np.array([[1.375, -2.25]]))])
    (coarse,) = similarities(moved_NHW, np.array([0]), np.array([2]))
    (fine,), shifts_P2 = finer_similarities(moved_NHW, np.array([0]), np.array([2]))
    np.testing.assert_allclose(shifts_P2, [[1.375, -2.25]])
    assert coarse < fine == pytest.approx(1.0, abs=1e-4)


def test_a_shift_by_whole_pixels_is_a_roll(noise: np.ndarray) -> None:
    waves_NHW = np.fft.rfft2(noise[:1])
    moved_NHW = np.fft.irfft2(shifted(waves_NHW, np.array([[3.0, -2.0]])))
    np.testing.assert_allclose(moved_NHW[0], np.roll(noise[0], (-3, 2), (0, 1)), atol=1e-3)
