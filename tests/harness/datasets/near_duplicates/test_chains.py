import numpy as np
import pytest

from harness.datasets.near_duplicates.chains import MAX_CHAIN, joined


def groups_of(
    num_images: int, pairs: list[tuple[int, int]], sure: list[float] | None = None
) -> list[tuple[list[int], float]]:
    left_P, right_P = np.array(pairs).T
    confidence_P = np.full(len(pairs), 0.99) if sure is None else np.array(sure)
    return [(list(rows), confidence) for rows, confidence in joined(num_images, left_P, right_P, confidence_P)]


def test_a_chain_does_not_grow_into_a_giant() -> None:
    groups = groups_of(100, [(row, row + 1) for row in range(99)])
    assert max(len(rows) for rows, _ in groups) == MAX_CHAIN
    assert sum(len(rows) for rows, _ in groups) >= 99


def test_a_large_group_whose_images_are_all_twins_stays_whole() -> None:
    pairs = [(left, right) for left in range(30) for right in range(left + 1, 30)]
    assert groups_of(31, pairs) == [(list(range(30)), 0.99)]


def test_one_pair_does_not_join_two_large_groups() -> None:
    clique = [(left, right) for left in range(8) for right in range(left + 1, 8)]
    pairs = [*clique, *((left + 8, right + 8) for left, right in clique), (0, 8)]
    assert [rows for rows, _ in groups_of(16, pairs)] == [list(range(8)), list(range(8, 16))]


def test_a_group_is_as_sure_as_the_least_sure_pair_that_it_needs() -> None:
    groups = groups_of(5, [(0, 1), (1, 2), (0, 2), (3, 4)], [0.995, 0.999, 0.991, 1.0])
    assert groups == [([0, 1, 2], pytest.approx(0.995)), ([3, 4], 1.0)]
