"""How alike two images are in detail, one shifted onto the other by fractions of a pixel.

P pairs of pictures of S x S pixels.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.datasets.near_duplicates.correlation import MAX_SHIFT, finer_similarities, shifted, spectra

_PAIRS_AT_ONCE = 512


def aligned_similarities(
    details: Sequence[NDArray[np.int8]], left_P: NDArray[np.intp], right_P: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two readings of each pair at its best shift.

    The one tells parts apart that reach the edges; a shift costs it what enters the window and leaves it. The other
    loses nothing to a shift, and sees the middle only.

    Args:
        details: ``(S, S)`` each, as `harness.datasets.near_duplicates.detail` makes them.
        left_P: Row of the one.
        right_P: Row of the other.

    Returns:
        ``(P,)`` and ``(P,)``: the correlation of the windowed pictures, and that of their middles, without the
        margin that a shift can fill from the other side. No wave is whitened: outlines show a pose best.
    """
    whole_P, middle_P = np.empty(len(left_P)), np.empty(len(left_P))
    for start in range(0, len(left_P), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        # Spectra of all details would take 37 KB each.
        rows, places = np.unique(np.concatenate([left_P[some], right_P[some]]), return_inverse=True)
        lefts, rights = np.split(places, 2)
        pictures_NSS = np.stack([details[row] for row in rows])
        whole_P[some], shifts_P2 = finer_similarities(spectra(pictures_NSS, whitening=0.0), lefts, rights)
        middle_P[some] = _of_middles(pictures_NSS, lefts, rights, shifts_P2)
    return whole_P, middle_P


def _of_middles(
    pictures_NSS: NDArray[np.int8],
    left_P: NDArray[np.intp],
    right_P: NDArray[np.intp],
    shifts_P2: NDArray[np.float64],
) -> NDArray[np.float64]:
    side_px = pictures_NSS.shape[1]
    margin_px = round(side_px * MAX_SHIFT)
    middle = slice(margin_px, side_px - margin_px)
    waves_NHW = np.fft.rfft2(pictures_NSS.astype(np.float32)).astype(np.complex64, copy=False)
    moved_PSS = np.fft.irfft2(shifted(waves_NHW[left_P], shifts_P2), s=(side_px, side_px))
    lefts_PK = moved_PSS[:, middle, middle].reshape(len(left_P), -1)
    rights_PK = pictures_NSS[right_P, middle, middle].reshape(len(left_P), -1).astype(np.float32)
    lefts_PK = lefts_PK - lefts_PK.mean(1, keepdims=True)
    rights_PK -= rights_PK.mean(1, keepdims=True)
    products_P = np.linalg.norm(lefts_PK, axis=1) * np.linalg.norm(rights_PK, axis=1)
    found_P: NDArray[np.float64] = np.einsum("pk,pk->p", lefts_PK, rights_PK) / np.maximum(products_P, 1e-6)
    return found_P
