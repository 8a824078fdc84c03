import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.metrics import aupro
from harness.metrics.aupro import overlap_at
from harness.metrics.overlap import tally_arrays
from tests.support.oracles import aupro_by_loop

shapes = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))


@st.composite
def maps_and_masks(draw):
    shape = draw(shapes.filter(lambda shape: math.prod(shape) > 1))
    num_levels = draw(st.sampled_from([1, 3, 40]))
    maps_BHW = draw(hnp.arrays(np.float32, shape, elements=st.integers(0, num_levels).map(float)))
    masks_BHW = draw(hnp.arrays(np.bool_, shape))
    defective, good = draw(st.permutations(range(masks_BHW.size)))[:2]
    masks_BHW.flat[defective], masks_BHW.flat[good] = True, False
    return maps_BHW, masks_BHW


@settings(deadline=None, max_examples=200)
@given(maps_and_masks(), st.sampled_from([0.01, 0.05, 0.3, 0.5, 1.0]) | st.floats(0.001, 1.0))
def test_equals_the_literal_loop(images, max_fpr):
    maps_BHW, masks_BHW = images
    assert aupro(maps_BHW, masks_BHW, max_fpr=max_fpr) == pytest.approx(
        aupro_by_loop(maps_BHW, masks_BHW, max_fpr), abs=1e-12
    )


def test_the_area_under_the_sampled_curve_is_aupro():
    generator = np.random.default_rng(0)
    masks_BHW = np.zeros((2, 40, 40), dtype=bool)
    masks_BHW[0, 3:9, 3:9] = masks_BHW[1, 20:36, 10:30] = True
    maps_BHW = generator.normal(size=masks_BHW.shape) + masks_BHW
    fprs_F = np.linspace(0, 0.3, 2001)
    overlap_F = overlap_at(tally_arrays(maps_BHW, masks_BHW), fprs_F)
    assert (np.diff(overlap_F) >= 0).all()
    assert np.trapezoid(overlap_F, fprs_F) / 0.3 == pytest.approx(aupro(maps_BHW, masks_BHW), abs=1e-3)


def test_missed_scratch_costs_as_much_as_a_missed_stain():
    masks_BHW = np.zeros((1, 20, 20), dtype=bool)
    masks_BHW[0, :10, :10] = True
    masks_BHW[0, 15, 15] = True
    sees_stain, sees_scratch = np.zeros((2, 1, 20, 20))
    sees_stain[0, :10, :10] = 1
    sees_scratch[0, 15, 15] = 1
    assert aupro(sees_stain, masks_BHW) == pytest.approx(aupro(sees_scratch, masks_BHW), abs=1e-15)


def test_pixels_that_touch_at_a_corner_are_one_region():
    masks_BHW = np.eye(4, dtype=bool)[None]
    maps_BHW = np.zeros((1, 4, 4))
    maps_BHW[0, 0, 0] = 1
    # One region of four pixels: overlap 1/4 at no false alarm, then straight to (1, 1).
    assert aupro(maps_BHW, masks_BHW, max_fpr=1.0) == pytest.approx((0.25 + 1) / 2, abs=1e-15)


def test_images_without_defect_count_as_negatives():
    masks_BHW = np.zeros((2, 1, 4), dtype=bool)
    masks_BHW[0, 0, 0] = True
    maps_BHW = np.array([[[1, 0, 0, 0]], [[2, 0, 0, 0]]], dtype=np.float32)
    # One of seven normal pixels lies above the defect.
    assert aupro(maps_BHW, masks_BHW, max_fpr=1.0) == pytest.approx(6 / 7, abs=1e-15)
    assert aupro(maps_BHW[:1], masks_BHW[:1], max_fpr=1.0) == 1.0


@pytest.mark.parametrize("max_fpr", [0.0, -0.1, 1.1, float("nan")])
def test_limit_out_of_range_is_refused(max_fpr):
    with pytest.raises(ValueError, match=r"max_fpr is .*, expected a fraction in \(0, 1\]"):
        aupro(np.zeros((1, 2, 2)), np.eye(2, dtype=bool)[None], max_fpr=max_fpr)
