import numpy as np
import pytest

from harness.datasets.near_duplicates import candidates, thumbnail
from harness.datasets.near_duplicates.candidates import MAX_NEIGHBOURS, candidate_pairs
from harness.datasets.near_duplicates.correlation import spectra
from tests.support.photographs import exposures


def pairs_of(spectra_NHW: np.ndarray) -> set[tuple[int, int]]:
    left_P, right_P = candidate_pairs(spectra_NHW)
    return set(zip(left_P.tolist(), right_P.tolist(), strict=True))


def spectra_of(num_surfaces: int) -> np.ndarray:
    found = [thumbnail(pixels) for seed in range(num_surfaces) for pixels in exposures(seed)]
    return spectra(np.stack([small for small in found if small is not None]))


def test_names_every_pair_of_one_surface_and_few_others() -> None:
    pairs = pairs_of(spectra_of(8))
    true = {(left, right) for left in range(32) for right in range(left + 1, 32) if left // 4 == right // 4}
    assert true <= pairs
    assert len(pairs) <= len(true) + 5


def test_the_size_of_a_block_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    spectra_NHW = spectra_of(6)
    whole = pairs_of(spectra_NHW)
    monkeypatch.setattr(candidates, "_ROWS_AT_ONCE", 5)
    assert pairs_of(spectra_NHW) == whole


def test_keeps_the_nearest_where_all_are_alike() -> None:
    rng = np.random.default_rng(0)
    common_HW = rng.integers(-80, 81, (48, 48))
    alike_NHW = (common_HW + rng.integers(-10, 11, (60, 48, 48))).astype(np.int8)
    alike_NHW[50] = alike_NHW[0]
    pairs = pairs_of(spectra(alike_NHW))
    counts = np.bincount([left for left, _ in pairs])
    assert counts.max() == MAX_NEIGHBOURS
    assert (0, 50) in pairs


def test_of_no_image_there_are_none() -> None:
    assert pairs_of(np.empty((0, 48, 25), np.complex64)) == set()
