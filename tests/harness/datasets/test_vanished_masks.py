from dataclasses import replace
from pathlib import Path

import pytest

from harness.datasets import Sample
from harness.datasets.readers.mvtec_loco import MVTecLOCO
from harness.datasets.vanished_masks import vanished_masks
from tests.support import miniatures


@pytest.fixture
def samples(tmp_path: Path) -> tuple[Sample, ...]:
    """Two normal images, and two of each kind of defect; one of them has two masks."""
    miniatures.mvtec_loco(tmp_path)
    return MVTecLOCO().split(tmp_path, "pushpins", 0).test


def vanished(samples: tuple[Sample, ...], size_px: tuple[int, int]) -> tuple[str, ...]:
    return vanished_masks(samples, [size_px] * len(samples), 127)


def test_masks_that_leave_a_pixel_are_not_vanished(samples: tuple[Sample, ...]) -> None:
    assert vanished(samples, miniatures.SIZE_PX) == ()
    assert vanished(samples, (10, 12)) == ()


def test_masks_between_all_pixels_that_are_looked_at_are_vanished(samples: tuple[Sample, ...]) -> None:
    # One pixel is looked at, in the middle of 40 x 48; the squares end above it.
    defects = tuple(sample.id for sample in samples if sample.is_defect)
    assert vanished(samples, (1, 1)) == defects


def test_each_image_has_a_size_of_its_own(samples: tuple[Sample, ...]) -> None:
    defects = [sample for sample in samples if sample.is_defect]
    sizes_px = [(1, 1), *[miniatures.SIZE_PX] * (len(defects) - 1)]
    assert vanished_masks(defects, sizes_px, 127) == (defects[0].id,)


def test_of_several_masks_one_that_is_left_is_enough(samples: tuple[Sample, ...]) -> None:
    (two_masks,) = (sample for sample in samples if len(sample.masks) == 2)
    miniatures.write_mask(two_masks.masks[1], shift_px=6, size_px=(24, 48))
    assert vanished((two_masks,), (1, 1)) == ()


def test_a_mask_that_marked_nothing_did_not_vanish(samples: tuple[Sample, ...]) -> None:
    defect = next(sample for sample in samples if len(sample.masks) == 1)
    miniatures.write_mask(defect.masks[0], empty=True)
    assert vanished((defect,), (1, 1)) == ()


def test_the_threshold_decides_what_is_marked(samples: tuple[Sample, ...]) -> None:
    defect = replace(next(sample for sample in samples if len(sample.masks) == 1), masks_hold_labels=False)
    miniatures.write_mask(defect.masks[0], value=100)
    assert vanished_masks([defect], [(1, 1)], 127) == ()
    assert vanished_masks([defect], [(1, 1)], 99) == (defect.id,)


def test_a_damaged_mask_is_left_to_the_cell_that_reads_it(samples: tuple[Sample, ...]) -> None:
    defect = next(sample for sample in samples if len(sample.masks) == 1)
    defect.masks[0].write_bytes(b"no image")
    assert vanished((defect,), (1, 1)) == ()
