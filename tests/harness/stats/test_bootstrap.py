from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from harness.metrics import image_metrics
from harness.stats import ImagePool, percentile_interval, resampled_metrics
from harness.stats import bootstrap as module
from harness.stats.bootstrap import stratified_counts
from tests.support.scores import image_scores

METRICS = ("image_auroc", "image_average_precision", "image_f1_max", "image_recall_01", "image_recall_05")


def pool_of(*scores_I: Any, is_defect_I: NDArray[np.bool_], unit_I: Any = None) -> ImagePool:
    unit_I = np.arange(len(is_defect_I)) if unit_I is None else np.asarray(unit_I)
    return ImagePool(is_defect_I=is_defect_I, scores_CI=np.array(scores_I, dtype=np.float64), unit_I=unit_I)


def drawn_pool(num_normals: int = 40, num_defects: int = 25, num_cells: int = 2, seed: int = 0) -> ImagePool:
    is_defect_I = np.arange(num_normals + num_defects) >= num_normals
    scores_CI = np.random.default_rng(seed).normal(size=(num_cells, len(is_defect_I))) + is_defect_I
    return pool_of(*scores_CI, is_defect_I=is_defect_I)


def resampled(pool: ImagePool, num_resamples: int = 20, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    return resampled_metrics(pool, np.random.default_rng(seed), metrics=METRICS, num_resamples=num_resamples)


scores_with_ties = hnp.arrays(np.float64, (2, 12), elements=st.integers(-3, 3).map(float))
scores_of_any_kind = hnp.arrays(np.float64, (2, 12), elements=st.floats(allow_nan=False, allow_infinity=False))


@settings(deadline=None, max_examples=40)
@given(scores_with_ties | scores_of_any_kind, st.integers(2, 4))
def test_a_resample_is_measured_as_if_its_images_were_repeated(
    scores_CI: NDArray[np.float64], num_defects: int
) -> None:
    is_defect_I = np.arange(12) < 2 * num_defects
    pool = pool_of(*scores_CI, is_defect_I=is_defect_I, unit_I=np.arange(12) // 2)
    found = resampled(pool, num_resamples=5)
    counts_RI = stratified_counts(pool, np.random.default_rng(0), 5)
    for resample, counts_I in enumerate(counts_RI):
        for cell, scores_I in enumerate(scores_CI):
            expected = image_metrics(np.repeat(scores_I, counts_I), np.repeat(is_defect_I, counts_I))
            values = [found[metric][resample, cell] for metric in METRICS]
            assert values == pytest.approx(list(expected.values()), abs=1e-12)


def test_a_resample_equals_scikit_learn_with_the_counts_as_weights() -> None:
    pool = drawn_pool()
    found = resampled(pool)
    for resample, weights_I in enumerate(stratified_counts(pool, np.random.default_rng(0), 20)):
        for cell, scores_I in enumerate(pool.scores_CI):
            auroc = roc_auc_score(pool.is_defect_I, scores_I, sample_weight=weights_I)
            average = average_precision_score(pool.is_defect_I, scores_I, sample_weight=weights_I)
            assert found["image_auroc"][resample, cell] == pytest.approx(auroc, abs=1e-12)
            assert found["image_average_precision"][resample, cell] == pytest.approx(average, abs=1e-12)


def test_the_interval_of_one_seed_is_scipy_s() -> None:
    pool = drawn_pool(num_cells=1)
    (scores_I,) = pool.scores_CI

    def auroc(defects: Any, normals: Any, axis: int) -> Any:
        ranks = stats.rankdata(np.concatenate([defects, normals], axis=axis), axis=axis)
        num_defects, num_normals = defects.shape[axis], normals.shape[axis]
        rank_sum = np.take(ranks, np.arange(num_defects), axis=axis).sum(axis=axis)
        return (rank_sum - num_defects * (num_defects + 1) / 2) / (num_defects * num_normals)

    classes = (scores_I[pool.is_defect_I], scores_I[~pool.is_defect_I])
    theirs = stats.bootstrap(
        classes, auroc, method="percentile", n_resamples=5000, rng=np.random.default_rng(1), vectorized=True
    ).confidence_interval
    ours = percentile_interval(resampled(pool, num_resamples=5000)["image_auroc"][:, 0])
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_every_resample_has_as_many_of_each_class() -> None:
    is_defect_I = np.arange(9) % 3 == 0
    counts_RI = stratified_counts(pool_of(np.zeros(9), is_defect_I=is_defect_I), np.random.default_rng(0), 50)
    assert set(counts_RI[:, is_defect_I].sum(axis=1)) == {3}
    assert set(counts_RI[:, ~is_defect_I].sum(axis=1)) == {6}


def test_near_duplicates_are_drawn_together_and_units_of_both_classes_among_themselves() -> None:
    is_defect_I = np.array([0, 0, 0, 0, 1, 1, 0, 1, 0, 1], dtype=bool)
    unit_I = np.array([0, 0, 1, 2, 3, 4, 5, 5, 6, 6])
    pool = pool_of(np.zeros(10), is_defect_I=is_defect_I, unit_I=unit_I)
    counts_RI = stratified_counts(pool, np.random.default_rng(0), 50)
    assert all((counts_RI[:, one] == counts_RI[:, other]).all() for one, other in ((0, 1), (6, 7), (8, 9)))
    for num_units, images in ((3, [0, 2, 3]), (2, [4, 5]), (2, [6, 8])):
        assert set(counts_RI[:, images].sum(axis=1)) == {num_units}


def test_six_copies_of_every_image_are_as_uncertain_as_the_images_themselves() -> None:
    pool = drawn_pool(num_cells=1)
    copied = pool_of(
        np.repeat(pool.scores_CI[0], 6), is_defect_I=np.repeat(pool.is_defect_I, 6), unit_I=np.repeat(pool.unit_I, 6)
    )
    assert (resampled(pool)["image_auroc"] == resampled(copied)["image_auroc"]).all()


def test_equal_input_gives_equal_bits_whatever_metrics_are_asked_for() -> None:
    every = resampled(drawn_pool())
    alone = resampled_metrics(drawn_pool(), np.random.default_rng(0), metrics=["image_auroc"], num_resamples=20)
    assert every["image_auroc"].tobytes() == alone["image_auroc"].tobytes()


def test_an_increasing_map_of_the_scores_changes_nothing() -> None:
    pool = drawn_pool()
    mapped = pool_of(*np.exp(pool.scores_CI) - 7, is_defect_I=pool.is_defect_I)
    assert all((resampled(pool)[metric] == resampled(mapped)[metric]).all() for metric in METRICS)


def test_cells_with_the_same_scores_have_the_same_values_in_every_resample() -> None:
    (scores_I,) = drawn_pool(num_cells=1).scores_CI
    for values_RC in resampled(pool_of(scores_I, scores_I, is_defect_I=drawn_pool().is_defect_I)).values():
        assert (values_RC[:, 0] == values_RC[:, 1]).all()


def test_a_perfect_order_is_perfect_in_every_resample() -> None:
    found = resampled(ImagePool.of([image_scores([0.1, 0.2, 0.3], [0.4, 0.5])]))
    assert all((values_RC == 1.0).all() for values_RC in found.values())


def test_cells_of_other_images_always_have_both_classes() -> None:
    one = image_scores([0.1, 0.4], [0.3, 0.6])
    moved = {f"good/{number:03}": f"other/{number:03}" for number in range(2)}
    other = [type(each)(**(vars(each) | {"image_id": moved.get(each.image_id, each.image_id)})) for each in one]
    pool = ImagePool.of([one, other])
    counts_RI = stratified_counts(pool, np.random.default_rng(0), 200)
    assert ((counts_RI @ (pool.is_tested & ~pool.is_defect_I).T) == 0).any(), "no resample lacks a class by chance"
    for values_RC in resampled(pool, num_resamples=200).values():
        assert values_RC.shape == (200, 2)
        assert np.isfinite(values_RC).all()


def test_memory_is_bounded_by_batches_that_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def spied(pool: ImagePool, rng: Any, num_resamples: int) -> Any:
        sizes.append(num_resamples * len(pool.is_defect_I))
        return stratified_counts(pool, rng, num_resamples)

    monkeypatch.setattr(module, "_MAX_BATCH_COUNTS", 200)
    monkeypatch.setattr(module, "stratified_counts", spied)
    found = resampled(drawn_pool())
    assert len(sizes) == 7
    assert max(sizes) <= 200
    monkeypatch.undo()
    at_once = resampled(drawn_pool())
    assert all((found[metric] == at_once[metric]).all() for metric in METRICS)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    truth = stats.norm.cdf(1 / np.sqrt(2))
    num_covered = 0
    for _ in range(300):
        pool = drawn_pool(num_normals=50, num_defects=40, num_cells=1, seed=int(rng.integers(2**32)))
        values_RC = resampled_metrics(pool, rng, metrics=["image_auroc"], num_resamples=400)["image_auroc"]
        low, high = percentile_interval(values_RC[:, 0])
        num_covered += low <= truth <= high
    assert 0.90 < num_covered / 300 < 0.98


def test_the_interval_is_the_middle_share() -> None:
    assert percentile_interval(np.arange(101) / 100, confidence=0.9) == pytest.approx((0.05, 0.95))


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, float("nan")])
def test_a_confidence_that_is_no_fraction_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"expected a fraction in \(0, 1\)"):
        percentile_interval(np.zeros(3), confidence)


def test_too_few_images_are_refused() -> None:
    pool = ImagePool.of([image_scores([0.1, 0.2], [0.3])])
    with pytest.raises(ValueError, match="Cannot resample: a cell has 1 independent defect test image, fewer than 2"):
        resampled(pool)


def test_no_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="num_resamples is 0, expected at least 1"):
        resampled(drawn_pool(), num_resamples=0)
