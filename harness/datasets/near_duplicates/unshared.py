"""Preselection of pairs by what is left of each image after what all images of the category share is removed.

Upright parts under one lamp agree in their slow waves, whoever they are, and their twins are not among the nearest
there. Each thumbnail is shifted onto the mean of all; each wave then counts by how far it is from its mean, in its own
deviations.
"""

import numpy as np
from numpy.typing import NDArray

from harness.datasets.near_duplicates.correlation import finer_similarities, shifted

NUM_NEIGHBOURS = 8
"""More than a group of twins has members, as a rule, so that look-alikes are among them."""

_MAX_WAVES = 12
"""Waves of up to 12 periods a side: the images are aligned, so that finer ones agree than in `candidates`."""
_ROUNDS = 2
"""The mean is sharper once the images are aligned to it."""
_ROWS_AT_ONCE = 512


def unshared_neighbours(spectra_NHW: NDArray[np.complex64]) -> NDArray[np.intp]:
    """The nearest neighbours of each image among all, by their deviations from the mean of the category.

    Args:
        spectra_NHW: ``(N, 48, 25)``, as `harness.datasets.near_duplicates.correlation.spectra` returns them; N is
            at least 2.

    Returns:
        Rows, ``(N, 8)``, the nearest first; N - 1 columns if that is less.
    """
    num_images = len(spectra_NHW)
    vectors_ND = _deviations(spectra_NHW)
    num_near = min(NUM_NEIGHBOURS, num_images - 1)
    found_NK = np.empty((num_images, num_near), np.intp)
    for start in range(0, num_images, _ROWS_AT_ONCE):
        alike_RN = vectors_ND[start : start + _ROWS_AT_ONCE] @ vectors_ND.T
        rows_R = np.arange(len(alike_RN))
        alike_RN[rows_R, start + rows_R] = -2.0
        near_RK = np.argpartition(-alike_RN, num_near - 1, axis=1)[:, :num_near]
        order_RK = np.argsort(-np.take_along_axis(alike_RN, near_RK, axis=1), axis=1, kind="stable")
        found_NK[start : start + _ROWS_AT_ONCE] = np.take_along_axis(near_RK, order_RK, axis=1)
    return found_NK


def _deviations(spectra_NHW: NDArray[np.complex64]) -> NDArray[np.float32]:
    num_images, side_px, _ = spectra_NHW.shape
    rows_N = np.arange(num_images)
    shifts_N2 = np.zeros((num_images, 2))
    for _ in range(_ROUNDS):
        mean_1HW = shifted(spectra_NHW, shifts_N2).mean(0, keepdims=True)
        _, shifts_N2 = finer_similarities(
            np.concatenate([spectra_NHW, mean_1HW]), rows_N, np.full(num_images, num_images, np.intp)
        )
    periods_H, periods_W = np.fft.fftfreq(side_px, 1 / side_px), np.arange(side_px // 2 + 1.0)
    down_HW, across_HW = np.meshgrid(periods_H, periods_W, indexing="ij")
    # In the first column a wave and its mirror image are both there.
    counts_HW = (np.hypot(down_HW, across_HW) <= _MAX_WAVES) & ((across_HW > 0) | (down_HW > 0))
    waves_NC = shifted(spectra_NHW, shifts_N2)[:, counts_HW]
    waves_NC -= waves_NC.mean(0)
    waves_NC /= np.sqrt((np.abs(waves_NC) ** 2).mean(0)) + np.float32(1e-6)
    vectors_ND = np.concatenate([waves_NC.real, waves_NC.imag], axis=1)
    unit_ND: NDArray[np.float32] = vectors_ND / np.maximum(np.linalg.norm(vectors_ND, axis=1, keepdims=True), 1e-12)
    return unit_ND
