"""Preselection of pairs: a perceptual hash of 112 numbers for each image, compared by matrix products.

The cost is quadratic but small: 20,000 images take 2e11 multiply-adds, which is seconds, while decoding them takes
minutes. Memory is bounded by a block of rows.
"""

import numpy as np
from numpy.typing import NDArray

from harness.datasets.near_duplicates.thumbnail import SIDE_PX

MIN_COARSE = 0.5
"""Twins among MTD's normal tiles have .65 and more."""
MAX_NEIGHBOURS = 16
"""Maximum number of candidates among the images after it. Larger groups are still connected by chains, and the work
stays linear where all parts look alike."""

_MAX_WAVES = 6
"""Waves of up to 6 periods a side; a shift of 1.5 px turns the finest by less than a fifth of a period."""
_SHIFTS_PX = (-3, 0, 3)
_ROWS_AT_ONCE = 512


def candidate_pairs(spectra_NHW: NDArray[np.complex64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs whose coarse waves agree at one of nine shifts.

    Args:
        spectra_NHW: ``(N, 48, 25)``, as `harness.datasets.near_duplicates.correlation.spectra`
            returns them.

    Returns:
        Rows of the two sides, ``left < right``, at most 16 a left row.
    """
    waves_NC, vertical_C, horizontal_C = _coarse_waves(spectra_NHW)
    hashes_ND = _as_vectors(waves_NC)
    shifted = [
        np.exp(2j * np.pi * (vertical_C * down + horizontal_C * right) / SIDE_PX).astype(np.complex64)
        for down in _SHIFTS_PX
        for right in _SHIFTS_PX
    ]
    lefts: list[NDArray[np.intp]] = []
    rights: list[NDArray[np.intp]] = []
    for start in range(0, len(hashes_ND), _ROWS_AT_ONCE):
        block_RC = waves_NC[start : start + _ROWS_AT_ONCE]
        best_RN = np.full((len(block_RC), len(hashes_ND) - start), -1.0, np.float32)
        for turn_C in shifted:
            np.maximum(best_RN, _as_vectors(block_RC * turn_C) @ hashes_ND[start:].T, out=best_RN)
        # Each pair once, and no image with itself.
        best_RN[np.tril_indices(len(block_RC), 0, best_RN.shape[1])] = -1.0
        left_P, right_P = _nearest(best_RN)
        lefts.append(left_P + start)
        rights.append(right_P + start)
    if not lefts:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    return np.concatenate(lefts), np.concatenate(rights)


def _nearest(best_RN: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if best_RN.shape[1] > MAX_NEIGHBOURS:
        crowded_R = np.flatnonzero((best_RN >= MIN_COARSE).sum(1) > MAX_NEIGHBOURS)
        crowded_RN = best_RN[crowded_R]
        order_RN = np.argpartition(crowded_RN, -MAX_NEIGHBOURS, axis=1)[:, :-MAX_NEIGHBOURS]
        np.put_along_axis(crowded_RN, order_RN, np.float32(-1.0), axis=1)
        best_RN[crowded_R] = crowded_RN
    left_P, right_P = np.nonzero(best_RN >= MIN_COARSE)
    return left_P, right_P


def _coarse_waves(
    spectra_NHW: NDArray[np.complex64],
) -> tuple[NDArray[np.complex64], NDArray[np.float64], NDArray[np.float64]]:
    """The slow waves, each once, with their numbers of periods down and across."""
    down_HW, across_HW = np.meshgrid(np.fft.fftfreq(SIDE_PX, 1 / SIDE_PX), np.arange(SIDE_PX // 2 + 1.0), indexing="ij")
    is_coarse = np.hypot(down_HW, across_HW) <= _MAX_WAVES
    # In the first column a wave and its mirror image are both there; the mean is zero.
    is_coarse &= (across_HW > 0) | (down_HW > 0)
    return spectra_NHW[:, is_coarse], down_HW[is_coarse], across_HW[is_coarse]


def _as_vectors(waves_NC: NDArray[np.complex64]) -> NDArray[np.float32]:
    vectors_ND = np.concatenate([waves_NC.real, waves_NC.imag], axis=1)
    lengths_N1 = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    unit_ND: NDArray[np.float32] = (vectors_ND / np.maximum(lengths_N1, 1e-12)).astype(np.float32)
    return unit_ND
