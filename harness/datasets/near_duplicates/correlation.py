"""How alike two pictures are when one may be shifted a little.

N square pictures of S pixels a side, an even number; spectra have S rows and the S / 2 + 1 columns of a real Fourier
transform. P pairs. A shift is one of the left picture, in pixels of the picture, down and right.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

MAX_SHIFT = 1 / 12
"""Of the picture. Among MTD's tiles, cropped by hand, 1/16 is the largest seen."""

HALF_WHITENING = 0.5
"""Power of the amplitude that each wave is divided by: 0 lets the stripes and outlines that all parts
share decide, 1 lets noise. Between them lies the widest gap on MTD's normal tiles."""
_AT_ONCE = 512
_STEP_PX = 0.5
"""A shift that falls between two whole pixels costs a fine texture a third of its likeness."""
_FINE_STEP_PX = 0.125


class _Waves(NamedTuple):
    """Frequencies of a picture's spectrum, in radians a pixel, and how often a column counts in sums over the whole."""

    down_H: NDArray[np.float64]
    across_W: NDArray[np.float64]
    weights_W: NDArray[np.float32]


@lru_cache(maxsize=4)
def _waves(side_px: int) -> _Waves:
    columns_W = np.arange(side_px // 2 + 1)
    weights_W = np.where(columns_W % (side_px // 2) == 0, 1.0, 2.0) / side_px**2
    turn = np.float64(2 * np.pi / side_px)
    rows_H = np.fft.fftfreq(side_px, 1 / side_px).astype(np.float64)
    return _Waves(turn * rows_H, turn * columns_W.astype(np.float64), weights_W.astype(np.float32))


def spectra(pictures_NHW: NDArray[np.int8], whitening: float = HALF_WHITENING) -> NDArray[np.complex64]:
    """Fourier transforms of unit length as pictures.

    Args:
        pictures_NHW: ``(N, S, S)``, none of them all zero.
        whitening: Power of the amplitude that each wave is divided by.

    Returns:
        ``(N, S, S / 2 + 1)``; about 10 KB each for 48 pixels a side.
    """
    side_px = pictures_NHW.shape[1]
    weights_W = _waves(side_px).weights_W
    window_H = np.hanning(side_px + 2)[1:-1]
    window_HW = np.sqrt(np.outer(window_H, window_H)).astype(np.float32)
    found = np.empty((len(pictures_NHW), side_px, len(weights_W)), np.complex64)
    for start in range(0, len(found), _AT_ONCE):
        pixels_NHW = pictures_NHW[start : start + _AT_ONCE].astype(np.float32)
        pixels_NHW = (pixels_NHW - pixels_NHW.mean((1, 2), keepdims=True)) * window_HW
        waves_NHW = fft.rfft2(pixels_NHW)
        waves_NHW /= np.maximum(np.abs(waves_NHW), 1e-3) ** whitening
        found[start : start + _AT_ONCE] = waves_NHW / lengths(waves_NHW)[:, None, None]
    return found


def lengths(spectra_NHW: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Lengths of the pictures that have these spectra, as vectors; at least 1e-12."""
    weights_W = _waves(spectra_NHW.shape[1]).weights_W
    found: NDArray[np.float32] = np.sqrt((np.abs(spectra_NHW) ** 2 @ weights_W).sum(1))
    return np.maximum(found, 1e-12)


def similarities(
    spectra_NHW: NDArray[np.complex64], left_P: NDArray[np.intp], right_P: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Largest correlation of each pair over shifts of up to ``MAX_SHIFT`` each way, in half pixels.

    Args:
        spectra_NHW: As `spectra` returns them.
        left_P: Row of the one, ``(P,)``.
        right_P: Row of the other, ``(P,)``.

    Returns:
        ``(P,)``; 1 for equal pictures, about 0.1 for pictures of different things.
    """
    return _peaks(spectra_NHW, left_P, right_P)[0]


def finer_similarities(
    spectra_NHW: NDArray[np.complex64], left_P: NDArray[np.intp], right_P: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As `similarities`, in eighths of a pixel, with the shifts.

    Where all parts are alike, half a pixel is more than what tells two of them apart.

    Returns:
        ``(P,)`` and ``(P, 2)``.
    """
    _, shifts_P2 = _peaks(spectra_NHW, left_P, right_P)
    steps_px = np.arange(-3, 4).astype(np.float64) * _FINE_STEP_PX
    return _peaks_among(steps_px, spectra_NHW, left_P, right_P, shifts_P2)


def shifted(spectra_NHW: NDArray[np.complex64], shifts_N2: NDArray[np.float64]) -> NDArray[np.complex64]:
    """The spectra of shifted pictures; what leaves a picture on one side comes in on the other."""
    waves = _waves(spectra_NHW.shape[1])
    down_NH = np.exp(1j * shifts_N2[:, :1] * waves.down_H).astype(np.complex64)
    across_NW = np.exp(1j * shifts_N2[:, 1:] * waves.across_W).astype(np.complex64)
    turned: NDArray[np.complex64] = spectra_NHW * down_NH[:, :, None] * across_NW[:, None, :]
    return turned


def _peaks(
    spectra_NHW: NDArray[np.complex64], left_P: NDArray[np.intp], right_P: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    num_steps = round(spectra_NHW.shape[1] * MAX_SHIFT / _STEP_PX)
    steps_px = np.arange(-num_steps, num_steps + 1).astype(np.float64) * _STEP_PX
    return _peaks_among(steps_px, spectra_NHW, left_P, right_P)


def _peaks_among(
    steps_px: NDArray[np.float64],
    spectra_NHW: NDArray[np.complex64],
    left_P: NDArray[np.intp],
    right_P: NDArray[np.intp],
    around_P2: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    waves = _waves(spectra_NHW.shape[1])
    # The inverse transform at the wanted shifts alone: a third of the time of a whole one.
    down_SH = np.exp(1j * np.outer(steps_px, waves.down_H)).astype(np.complex64)
    across_WS = (np.exp(1j * np.outer(waves.across_W, steps_px)) * waves.weights_W[:, None]).astype(np.complex64)
    found_P, shifts_P2 = np.empty(len(left_P)), np.empty((len(left_P), 2))
    for start in range(0, len(found_P), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        lefts_PHW = spectra_NHW[left_P[some]]
        if around_P2 is not None:
            lefts_PHW = shifted(lefts_PHW, around_P2[some])
        plane_PSS = (down_SH @ ((lefts_PHW * spectra_NHW[right_P[some]].conj()) @ across_WS)).real
        plane_PK = plane_PSS.reshape(len(plane_PSS), -1)
        best_P = plane_PK.argmax(1)
        found_P[some] = plane_PK[np.arange(len(best_P)), best_P]
        shifts_P2[some] = steps_px[np.stack(np.divmod(best_P, len(steps_px)), axis=1)]
    return found_P, shifts_P2 if around_P2 is None else shifts_P2 + around_P2
