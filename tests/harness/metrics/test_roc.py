import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.metrics import image_metrics
from harness.metrics.roc import roc_curve

scores_with_ties = hnp.arrays(np.float64, 12, elements=st.integers(-3, 3).map(float))
labels = hnp.arrays(np.bool_, 12)


@settings(deadline=None)
@given(scores_with_ties, labels)
def test_the_curve_is_the_rates_at_every_score(scores_B, labels_B):
    assume(labels_B.any() and not labels_B.all())
    fprs_P, tprs_P = roc_curve(scores_B, labels_B)
    levels = [np.inf, *sorted(set(scores_B), reverse=True)]
    assert fprs_P.tolist() == pytest.approx([(scores_B[~labels_B] >= level).mean() for level in levels])
    assert tprs_P.tolist() == pytest.approx([(scores_B[labels_B] >= level).mean() for level in levels])
    assert np.trapezoid(tprs_P, fprs_P) == pytest.approx(image_metrics(scores_B, labels_B)["image_auroc"])


@pytest.mark.parametrize(
    ("scores_B", "labels_B", "message"),
    [
        (np.zeros(2), np.array([True, True]), "All of 2 images are defects"),
        (np.array([0.0, np.nan]), np.array([True, False]), "1 of 2 scores are NaN"),
        (np.zeros((2, 1)), np.array([True, False]), r"expected 1 dimensions \(B\)"),
    ],
)
def test_input_without_a_curve_is_refused(scores_B, labels_B, message):
    with pytest.raises(ValueError, match=message):
        roc_curve(scores_B, labels_B)
