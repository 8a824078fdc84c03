import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from harness.metrics import find_metric, image_metrics, measure, metric_names, pixel_metrics
from harness.metrics.measuring import CURVE_FPRS

scores_with_ties = hnp.arrays(np.float32, 12, elements=st.integers(-3, 3).map(float))
scores_of_any_kind = hnp.arrays(np.float64, 12, elements=st.floats(allow_nan=False, allow_infinity=False))
labels = hnp.arrays(np.bool_, 12).map(lambda labels_B: np.append(labels_B[:10], [False, True]))


@settings(deadline=None)
@given(scores_with_ties | scores_of_any_kind, labels)
def test_metrics_equal_scikit_learn(scores_B, labels_B):
    metrics = image_metrics(scores_B, labels_B)
    precision, recall, _ = precision_recall_curve(labels_B, scores_B)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    assert metrics["image_auroc"] == pytest.approx(roc_auc_score(labels_B, scores_B), abs=1e-12)
    assert metrics["image_average_precision"] == pytest.approx(average_precision_score(labels_B, scores_B), abs=1e-12)
    assert metrics["image_f1_max"] == pytest.approx(f1.max(), abs=1e-12)


@settings(deadline=None)
@given(scores_with_ties, labels)
def test_auroc_and_average_precision_equal_a_literal_loop(scores_B, labels_B):
    defects, normals = scores_B[labels_B], scores_B[~labels_B]
    wins = [1.0 if defect > normal else 0.5 if defect == normal else 0.0 for defect in defects for normal in normals]
    precisions = [(defects >= level).sum() / (scores_B >= level).sum() for level in defects]
    metrics = image_metrics(scores_B, labels_B)
    assert metrics["image_auroc"] == pytest.approx(np.mean(wins), abs=1e-12)
    assert metrics["image_average_precision"] == pytest.approx(np.mean(precisions), abs=1e-12)


def test_order_decides_not_the_values():
    rng = np.random.default_rng(0)
    scores_B = rng.integers(-300, 300, 500).astype(np.float64)
    labels_B = rng.random(500) < 0.3
    assert image_metrics(np.exp(scores_B), labels_B) == image_metrics(scores_B, labels_B)


def test_neighbouring_floats_are_told_apart():
    normal, defect = np.float32(1), np.nextafter(np.float32(1), np.float32(2))
    metrics = image_metrics(np.array([normal, defect], dtype=np.float32), np.array([False, True]))
    assert set(metrics.values()) == {1.0}


def test_equal_scores_give_half_an_auroc_and_the_share_of_defects():
    metrics = image_metrics(np.full(8, 0.7), np.arange(8) < 2)
    assert metrics["image_auroc"] == 0.5
    assert metrics["image_average_precision"] == 0.25
    assert metrics["image_f1_max"] == 0.4


@pytest.mark.parametrize(
    ("scores_B", "labels_B", "message"),
    [
        (np.zeros(3), np.ones(3, dtype=bool), "All of 3 images are defects"),
        (np.zeros(3), np.zeros(3, dtype=bool), "None of 3 images is a defect"),
        (np.zeros(0), np.zeros(0, dtype=bool), "is empty"),
        (np.zeros(3), np.array([0, 1, 1]), "dtype int64, expected bool"),
        (np.zeros(3, dtype=np.int32), np.array([True, False, True]), "dtype int32, expected float32 or float64"),
        (np.zeros(3), np.array([True, False]), r"shape \(3,\), labels or masks \(2,\)"),
        (np.zeros((2, 1)), np.array([[True], [False]]), r"expected 1-D \(B\)"),
        (np.array([0.0, np.nan, np.inf]), np.array([True, False, True]), "2 of 3 scores are NaN or infinite"),
    ],
)
def test_input_without_meaning_is_refused(scores_B, labels_B, message):
    with pytest.raises(ValueError, match=message):
        image_metrics(scores_B, labels_B)


def test_without_a_defect_pixel_the_metrics_of_images_remain():
    scores_B, labels_B = np.array([0.1, 0.9]), np.array([False, True])
    maps_BHW, masks_BHW = np.zeros((2, 4, 4)), np.zeros((2, 4, 4), dtype=bool)
    kinds = [lambda: [(maps_BHW[0], []), (maps_BHW[1], [])]]
    measured = measure(scores_B, labels_B, lambda: zip(maps_BHW, masks_BHW, strict=True), kinds, 0.5, None, 0.5)
    defined = {name for name, value in measured.metrics.items() if value is not None}
    assert defined == {name for name in metric_names() if find_metric(name).needs in ("scores", "verdicts")}
    assert measured.overlap_curve is None


def test_a_metric_without_what_it_needs_is_none():
    metrics = measure(np.array([0.1, 0.9]), np.array([False, True])).metrics
    assert {name for name, value in metrics.items() if value is None} == {
        name for name in metric_names() if find_metric(name).needs != "scores"
    }


def test_a_part_is_a_defect_where_a_view_is_and_scores_as_its_highest_view():
    scores_B, labels_B = np.array([0.1, 0.9, 0.4, 0.5]), np.array([False, True, False, False])
    assert measure(scores_B, labels_B, parts=["a", "a", "b", "b"]).metrics["part_auroc"] == 1.0
    assert measure(scores_B, labels_B, parts=["a", "b", "b", "a"]).metrics["part_auroc"] == 1.0
    assert measure(scores_B, labels_B[::-1], parts=["a", "a", "b", "b"]).metrics["part_auroc"] == 0.0


def test_parts_of_one_class_have_no_auroc():
    assert measure(np.array([0.1, 0.9]), np.array([False, True]), parts=["a", "a"]).metrics["part_auroc"] is None


def test_all_metrics_of_a_test_set_come_at_once():
    scores_B, labels_B = np.array([0.1, 0.9]), np.array([False, True])
    masks_BHW = np.zeros((2, 4, 4), dtype=bool)
    masks_BHW[1, :2] = True
    maps_BHW = masks_BHW + np.arange(32.0).reshape(2, 4, 4) / 64
    kinds = [lambda: [(maps_BHW[0], []), (maps_BHW[1], [(masks_BHW[1], 4.0)])]]
    measured = measure(scores_B, labels_B, lambda: zip(maps_BHW, masks_BHW, strict=True), kinds, 0.05, ["a", "b"], 0.2)
    expected = image_metrics(scores_B, labels_B) | pixel_metrics(maps_BHW, masks_BHW) | {"spro_05": 1.0}
    expected |= {"false_alarm_rate": 1.0, "verdict_recall": 1.0, "verdict_precision": 0.5, "verdict_f1": 2 / 3}
    expected |= {"seg_f1": 16 / 27, "class_f1": 2 / 3}
    expected["part_auroc"] = expected["image_auroc"]
    assert measured.metrics == expected
    assert len(measured.overlap_curve) == len(CURVE_FPRS)
