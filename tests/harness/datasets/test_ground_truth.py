from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.datasets import Sample, Saturation, Split
from harness.datasets.ground_truth import read_ground_truth, read_regions
from harness.datasets.readers.mvtec_loco import MVTecLOCO
from harness.errors import DataError
from harness.images import Corruption
from harness.metrics import spro
from tests.support import miniatures


@pytest.fixture
def split(tmp_path: Path) -> Split:
    miniatures.mvtec_loco(tmp_path)
    return MVTecLOCO().split(tmp_path, "pushpins", 0)


@pytest.fixture
def two_masks(split: Split) -> Sample:
    return next(sample for sample in split.test if len(sample.masks) == 2)


def test_several_masks_are_one_ground_truth(two_masks: Sample) -> None:
    truth_HW = read_ground_truth(two_masks, 127)
    expected_HW = np.zeros(miniatures.SIZE_PX, dtype=bool)
    expected_HW[10:20, 12:38] = True
    expected_HW[10:20, 24:26] = False
    assert (truth_HW == expected_HW).all()


def test_masks_and_regions_move_with_a_corruption(split: Split, two_masks: Sample) -> None:
    corruption = Corruption.of("shift:5", 0, two_masks.id)
    moved = replace(two_masks, corruption=corruption)
    expected_HW = corruption.moved(read_ground_truth(two_masks, 127))
    assert (read_ground_truth(moved, 127) == expected_HW).all()
    assert (read_ground_truth(two_masks, 127) != expected_HW).any()
    regions = read_regions(moved, split.saturations, miniatures.SIZE_PX)
    assert (np.any([mask_HW for mask_HW, _ in regions], axis=0) == expected_HW).all()


def test_the_threshold_does_not_count_for_labels(two_masks: Sample) -> None:
    assert read_ground_truth(two_masks, 254).any()
    assert read_ground_truth(replace(two_masks, masks_hold_labels=False), 254).any()
    miniatures.write_mask(two_masks.masks[0], value=1)
    assert read_ground_truth(two_masks, 127).sum() == 240
    assert read_ground_truth(replace(two_masks, masks_hold_labels=False), 127).sum() == 120


def test_refuses_masks_of_different_sizes(two_masks: Sample) -> None:
    miniatures.write_mask(two_masks.masks[1], size_px=(30, 30))
    with pytest.raises(DataError, match=r"001/001\.png: has 30 x 30 pixels .*001/000\.png has 40 x 48; masks of one"):
        read_ground_truth(two_masks, 127)


def test_each_mask_is_a_region_with_the_area_that_suffices(split: Split) -> None:
    size_px = miniatures.SIZE_PX
    areas = [[area for _, area in read_regions(sample, split.saturations, size_px)] for sample in split.test]
    assert areas == [[], [], [60.0], [60.0, 60.0], [60.0], [60.0]]


def test_a_map_that_marks_half_of_each_region_is_perfect_by_the_saturated_overlap(split: Split) -> None:
    def maps_and_regions(num_rows: int) -> Iterator[tuple[NDArray[np.float32], list[tuple[NDArray[np.bool_], float]]]]:
        for sample in split.test:
            regions = read_regions(sample, split.saturations, miniatures.SIZE_PX)
            map_HW = np.zeros(miniatures.SIZE_PX, np.float32)
            for mask_HW, _ in regions:
                map_HW[10 : 10 + num_rows] += mask_HW[10 : 10 + num_rows]
            yield map_HW, regions

    assert spro(lambda: maps_and_regions(5)) == 1.0
    assert spro(lambda: maps_and_regions(4)) < 1.0


def test_an_absolute_area_is_at_most_the_regions_own(two_masks: Sample) -> None:
    saturation = Saturation(pixel_value=255, threshold=5000.0, is_relative=False)
    assert [area for _, area in read_regions(two_masks, [saturation], miniatures.SIZE_PX)] == [120.0, 120.0]


@pytest.mark.parametrize("side", range(1, 40))
def test_rounding_never_lifts_an_area_above_its_region(two_masks: Sample, side: int) -> None:
    saturation = Saturation(pixel_value=255, threshold=1.0, is_relative=True)
    for mask_HW, area in read_regions(two_masks, [saturation], (side, side)):
        assert 0 < area <= np.count_nonzero(mask_HW)


def test_areas_shrink_with_the_image_and_a_region_that_vanishes_is_left_out(split: Split, two_masks: Sample) -> None:
    regions = read_regions(two_masks, split.saturations, (20, 24))
    assert [(int(mask_HW.sum()), area) for mask_HW, area in regions] == [(30, 15.0), (30, 15.0)]
    assert read_regions(two_masks, split.saturations, (1, 1)) == []


def test_refuses_a_grey_value_that_has_no_saturation(split: Split, two_masks: Sample) -> None:
    miniatures.write_mask(two_masks.masks[1], value=7)
    with pytest.raises(DataError, match=r"001/001\.png: expected one of the grey values 240, 255, got 7\.$"):
        read_regions(two_masks, split.saturations, miniatures.SIZE_PX)
