import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import f1_score, precision_score, recall_score

from harness.metrics import measure
from harness.metrics.verdicts import Segmentation, Verdicts, class_f1, f1, precision, recall, seg_f1

LEVELS = st.integers(-3, 3).map(float)
maps = hnp.arrays(np.float32, (3, 4, 5), elements=LEVELS)


def one_good_one_defective(masks_BHW):
    """What every test set holds; drawn at random it is too rare to filter by."""
    masks_BHW[0], masks_BHW[1, 0, 0] = False, True
    return masks_BHW


masks = hnp.arrays(np.bool_, (3, 4, 5)).map(one_good_one_defective)
labels = hnp.arrays(np.bool_, 12).map(lambda labels_B: np.append(labels_B[:10], [False, True]))


@given(hnp.arrays(np.float64, 12, elements=LEVELS), labels, LEVELS)
def test_verdicts_are_scikit_learns(scores_B, labels_B, threshold):
    verdicts, alarms_B = Verdicts.of(scores_B, labels_B, threshold), scores_B > threshold
    for ours, theirs in ((f1, f1_score), (precision, precision_score), (recall, recall_score)):
        assert ours(verdicts) == pytest.approx(theirs(labels_B, alarms_B, zero_division=0.0), abs=1e-12)


@settings(deadline=None)
@given(maps, masks, LEVELS)
def test_seg_f1_is_scikit_learns_over_all_pixels_together(maps_BHW, masks_BHW, threshold):
    found = Segmentation.of(zip(maps_BHW, masks_BHW, strict=True), masks_BHW.any((1, 2)), threshold)
    expected = f1_score(masks_BHW.ravel(), maps_BHW.ravel() > threshold, zero_division=0.0)
    assert seg_f1(found) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(maps, masks, LEVELS)
def test_class_f1_takes_an_image_with_one_pixel_above_the_threshold_for_a_defect(maps_BHW, masks_BHW, threshold):
    labels_B = masks_BHW.any((1, 2))
    found = Segmentation.of(zip(maps_BHW, masks_BHW, strict=True), labels_B, threshold)
    alarms_B = [any(bool(value > threshold) for value in map_HW.flat) for map_HW in maps_BHW]
    assert class_f1(found) == pytest.approx(f1_score(labels_B, alarms_B, zero_division=0.0), abs=1e-12)


def test_images_may_differ_in_size_and_a_large_one_weighs_more():
    large, small = np.zeros((10, 10)), np.ones((2, 2))
    large_mask, small_mask = np.zeros((10, 10), bool), np.ones((2, 2), bool)
    large[:3], large_mask[0] = 1, True
    found = Segmentation.of([(large, large_mask), (small, small_mask)], np.array([True, True]), 0.5)
    assert seg_f1(found) == pytest.approx(2 * 14 / (34 + 14))


def test_a_value_at_the_threshold_is_no_alarm():
    mask = np.array([[True, False]])
    assert seg_f1(Segmentation.of([(np.array([[0.5, 0.5]]), mask)], np.array([True]), 0.5)) == 0


def test_without_a_threshold_of_pixels_or_without_masks_there_is_no_segmentation():
    scores_B, labels_B = np.array([0.1, 0.9]), np.array([False, True])
    masks_BHW = np.array([[[False, False]], [[True, False]]])
    pairs = [(np.array([[0.1, 0.2]]), masks_BHW[0]), (np.array([[0.9, 0.3]]), masks_BHW[1])]
    assert measure(scores_B, labels_B, pixel_threshold=0.5).metrics["seg_f1"] is None
    assert measure(scores_B, labels_B, lambda: pairs).metrics["class_f1"] is None
    assert measure(scores_B, labels_B, lambda: pairs, pixel_threshold=0.5).metrics["seg_f1"] == 1.0
