import numpy as np
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from harness.metrics.overlap import region_shares
from tests.support.oracles import regions_by_flood_fill


@settings(deadline=None)
@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8)))
def test_regions_equal_a_flood_fill(mask_HW):
    regions = regions_by_flood_fill(mask_HW)
    shares_HW = np.zeros(mask_HW.shape)
    shares_HW[mask_HW] = region_shares(mask_HW)
    assert all(shares_HW[pixel] == 1 / len(region) for region in regions for pixel in region)
