import numpy as np

from harness.datasets.near_duplicates.sequence import CONFIDENCE, sequence_confidence


def test_pairs_of_neighbours_are_a_sequence() -> None:
    places = np.arange(0, 120, 3)
    assert sequence_confidence(128, places, places + 5) >= CONFIDENCE


def test_pairs_from_anywhere_are_none() -> None:
    rng = np.random.default_rng(0)
    left_P, right_P = rng.permutation(400)[:200], rng.permutation(400)[200:]
    assert sequence_confidence(400, left_P, right_P) == 0.0


def test_few_pairs_or_images_say_nothing() -> None:
    assert sequence_confidence(128, np.array([3, 7]), np.array([4, 8])) < CONFIDENCE
    assert sequence_confidence(20, np.arange(19), np.arange(1, 20)) == 0.0
    assert sequence_confidence(128, np.array([], np.intp), np.array([], np.intp)) == 0.0
