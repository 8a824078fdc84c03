import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import label

from harness.metrics import aupro, spro
from harness.metrics.overlap import EIGHT_NEIGHBOURS
from tests.support.oracles import spro_by_loop

SHAPE = (5, 4)


@st.composite
def maps_and_regions(draw):
    images = []
    for number in range(draw(st.integers(1, 3))):
        levels = draw(st.sampled_from([1, 3, 40]))
        map_HW = draw(hnp.arrays(np.float32, SHAPE, elements=st.integers(0, levels).map(float)))
        regions = []
        for _ in range(draw(st.integers(0 if number else 1, 3))):
            mask_HW = draw(hnp.arrays(np.bool_, SHAPE))
            mask_HW.flat[draw(st.integers(0, mask_HW.size - 1))] = True
            area = int(mask_HW.sum())
            saturation = draw(st.integers(1, area).map(float) | st.floats(0.5, area, exclude_max=True))
            regions.append((mask_HW, saturation))
        images.append((map_HW, regions))
    assume(any(not any(mask_HW[pixel] for mask_HW, _ in own) for _, own in images for pixel in np.ndindex(SHAPE)))
    return images


@settings(deadline=None, max_examples=100)
@given(maps_and_regions(), st.sampled_from([0.01, 0.05, 0.3, 1.0]) | st.floats(0.001, 1.0))
def test_equals_the_literal_loop(images, max_fpr):
    maps, regions = zip(*images, strict=True)
    assert spro(lambda: images, max_fpr=max_fpr) == pytest.approx(spro_by_loop(maps, regions, max_fpr), abs=1e-12)


def test_is_aupro_where_each_connected_defect_saturates_at_its_area():
    rng = np.random.default_rng(0)
    maps_BHW = rng.integers(0, 9, (3, 12, 12)).astype(np.float64)
    masks_BHW = rng.random((3, 12, 12)) < 0.2
    images = []
    for map_HW, mask_HW in zip(maps_BHW, masks_BHW, strict=True):
        regions_HW, count = label(mask_HW, structure=EIGHT_NEIGHBOURS)
        parts = [regions_HW == number for number in range(1, count + 1)]
        images.append((map_HW, [(part, float(part.sum())) for part in parts]))
    assert spro(lambda: images, max_fpr=0.3) == pytest.approx(aupro(maps_BHW, masks_BHW), abs=1e-12)


def test_a_region_is_found_once_its_saturation_area_is():
    mask_HW = np.zeros((4, 10), dtype=bool)
    mask_HW[:, :5] = True
    map_HW = np.zeros((4, 10))
    map_HW[0, :5] = 1
    assert spro(lambda: [(map_HW, [(mask_HW, 5.0)])]) == 1.0
    assert spro(lambda: [(map_HW, [(mask_HW, 10.0)])], max_fpr=1.0) == pytest.approx(0.75, abs=1e-15)


def test_regions_that_overlap_are_both_found_by_their_common_pixels():
    left_HW, right_HW = np.zeros((2, 1, 6), dtype=bool)
    left_HW[0, :3] = right_HW[0, 2:5] = True
    map_HW = np.array([[0, 0, 1, 0, 0, 0]], dtype=np.float32)
    assert spro(lambda: [(map_HW, [(left_HW, 1.0), (right_HW, 1.0)])]) == 1.0


@pytest.mark.parametrize("saturation", [0.0, -1.0, 4.5, float("nan")])
def test_refuses_a_saturation_area_out_of_range(saturation):
    mask_HW = np.eye(4, dtype=bool)
    with pytest.raises(ValueError, match=r"Image 0, region 0: saturation area .*, expected above 0 and at most .* 4"):
        spro(lambda: [(np.zeros((4, 4)), [(mask_HW, saturation)])])


def test_refuses_a_mask_of_another_shape_or_dtype():
    for mask_HW in (np.ones((2, 3), dtype=bool), np.ones((2, 2), dtype=np.uint8)):
        with pytest.raises(ValueError, match=r"region 0: a mask of dtype .*, expected bool and \(2, 2\)"):
            spro(lambda mask_HW=mask_HW: [(np.zeros((2, 2)), [(mask_HW, 1.0)])])


def test_refuses_scores_without_an_order_and_data_without_a_defect():
    mask_HW = np.eye(2, dtype=bool)
    with pytest.raises(ValueError, match="are NaN or infinite, expected finite scores"):
        spro(lambda: [(np.full((2, 2), np.nan), [(mask_HW, 1.0)])])
    with pytest.raises(ValueError, match="None of 4 pixels is a defect"):
        spro(lambda: [(np.zeros((2, 2)), [])])


@pytest.mark.parametrize("max_fpr", [0.0, 1.1])
def test_limit_out_of_range_is_refused(max_fpr):
    with pytest.raises(ValueError, match=r"max_fpr is .*, expected a fraction in \(0, 1\]"):
        spro(lambda: [(np.zeros((2, 2)), [(np.eye(2, dtype=bool), 1.0)])], max_fpr=max_fpr)
