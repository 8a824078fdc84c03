"""How alike two thumbnails are when one may be shifted a little.

N thumbnails; spectra have 48 rows and the 25 columns of a real Fourier transform.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from harness.datasets.near_duplicates.thumbnail import SIDE_PX

MAX_SHIFT_PX = 4
"""Twelfth of the picture. Among MTD's tiles, cropped by hand, 3 is the largest seen."""

_WHITENING = 0.5
"""Power of the amplitude that each wave is divided by: 0 lets the stripes and outlines that all parts
share decide, 1 lets noise. Between them lies the widest gap on MTD's normal tiles."""
_AT_ONCE = 512
_SHIFTS = np.arange(-MAX_SHIFT_PX, MAX_SHIFT_PX + 0.5, 0.5)
"""In half pixels: a shift that falls between two whole ones costs a fine texture a third of its likeness."""
_COLUMNS = SIDE_PX // 2 + 1
_WEIGHTS = np.where(np.arange(_COLUMNS) % (SIDE_PX // 2) == 0, 1.0, 2.0) / SIDE_PX**2
"""How often a column of a real transform counts in sums over the whole, and the transform's scale."""
_DOWN = np.exp(2j * np.pi / SIDE_PX * np.outer(_SHIFTS, np.fft.fftfreq(SIDE_PX, 1 / SIDE_PX))).astype(np.complex64)
_ACROSS = (np.exp(2j * np.pi / SIDE_PX * np.outer(np.arange(_COLUMNS), _SHIFTS)) * _WEIGHTS[:, None]).astype(
    np.complex64
)
"""The inverse transform at the wanted shifts alone: a third of the time of a whole one."""


def spectra(thumbnails_NHW: NDArray[np.int8]) -> NDArray[np.complex64]:
    """Fourier transforms, half whitened, of unit length as pictures.

    Args:
        thumbnails_NHW: ``(N, 48, 48)``, none of them all zero.

    Returns:
        ``(N, 48, 25)``; about 10 KB each.
    """
    window_H = np.hanning(SIDE_PX + 2)[1:-1]
    window_HW = np.sqrt(np.outer(window_H, window_H)).astype(np.float32)
    found = np.empty((len(thumbnails_NHW), SIDE_PX, _COLUMNS), np.complex64)
    for start in range(0, len(found), _AT_ONCE):
        pixels_NHW = thumbnails_NHW[start : start + _AT_ONCE].astype(np.float32)
        pixels_NHW = (pixels_NHW - pixels_NHW.mean((1, 2), keepdims=True)) * window_HW
        waves_NHW = fft.rfft2(pixels_NHW)
        waves_NHW /= np.maximum(np.abs(waves_NHW), 1e-3) ** _WHITENING
        lengths_N = np.sqrt((np.abs(waves_NHW) ** 2 @ _WEIGHTS.astype(np.float32)).sum(1))
        found[start : start + _AT_ONCE] = waves_NHW / np.maximum(lengths_N, 1e-12)[:, None, None]
    return found


def similarities(
    spectra_NHW: NDArray[np.complex64], left_P: NDArray[np.intp], right_P: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Largest correlation of each pair over shifts of up to ``MAX_SHIFT_PX`` each way, in half pixels.

    Args:
        spectra_NHW: As `spectra` returns them.
        left_P: Row of the one, ``(P,)``.
        right_P: Row of the other, ``(P,)``.

    Returns:
        ``(P,)``; 1 for equal thumbnails, about 0.1 for thumbnails of different things.
    """
    found_P = np.empty(len(left_P))
    for start in range(0, len(found_P), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        product_PHW = spectra_NHW[left_P[some]] * spectra_NHW[right_P[some]].conj()
        found_P[some] = (_DOWN @ (product_PHW @ _ACROSS)).real.max((1, 2))
    return found_P
