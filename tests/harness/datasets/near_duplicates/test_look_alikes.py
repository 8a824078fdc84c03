import numpy as np

from harness.datasets.near_duplicates.look_alikes import CONFIDENCE, confidences

NUM_IMAGES = 400


def neighbours(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eight look-alikes an image and more; no twins."""
    rng = np.random.default_rng(seed)
    left_P = np.repeat(np.arange(NUM_IMAGES), 8)
    right_P = (left_P + rng.integers(1, NUM_IMAGES, len(left_P))) % NUM_IMAGES
    return left_P, right_P, np.tanh(rng.normal(0.8, 0.1, len(left_P)))


def test_look_alikes_are_rarely_taken_for_twins() -> None:
    accused = 0
    for seed in range(50):
        left_P, right_P, similarity_P = neighbours(seed)
        are_twins_P = confidences(NUM_IMAGES, left_P, right_P, similarity_P) >= CONFIDENCE
        accused += len(set(left_P[are_twins_P]) | set(right_P[are_twins_P]))
    assert accused < 0.001 * 50 * NUM_IMAGES


def test_twins_are_found_whether_few_or_nearly_all_have_one() -> None:
    for num_twins in (2, 60, 390):
        left_P, right_P, similarity_P = neighbours(0)
        twins_P = np.arange(0, num_twins, 2)
        left_P, right_P = np.concatenate([left_P, twins_P]), np.concatenate([right_P, twins_P + 1])
        similarity_P = np.concatenate([similarity_P, np.full(len(twins_P), np.tanh(2.2))])
        confidence_P = confidences(NUM_IMAGES, left_P, right_P, similarity_P)
        assert (confidence_P[-len(twins_P) :] >= CONFIDENCE).all()
        assert (confidence_P[: -len(twins_P)] >= CONFIDENCE).mean() < 0.01


def test_the_more_alike_a_pair_the_surer() -> None:
    left_P, right_P, similarity_P = neighbours(0)
    order = np.argsort(similarity_P)
    confidence_P = confidences(NUM_IMAGES, left_P, right_P, similarity_P)[order]
    assert (np.diff(confidence_P) >= 0).all()
    assert 0 <= confidence_P[0] < confidence_P[-1] <= 1
