import numpy as np

from harness.images import resize_map, resize_mask, resize_rgb

RNG = np.random.default_rng(0)


def test_resized_images_have_the_wanted_height_and_width() -> None:
    pixels = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    resized = resize_rgb(pixels, (10, 40))
    assert resized.shape == (10, 40, 3)
    assert resized.dtype == np.uint8


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    inner = resize_rgb(stripes, (8, 8))[:, 1:-1]
    assert np.abs(inner.astype(int) - 127).max() <= 2


def test_masks_keep_hard_edges_and_whole_pixels() -> None:
    mask = np.zeros((4, 4), bool)
    mask[1, 2] = True
    resized = resize_mask(mask, (12, 8))
    assert resized.dtype == np.bool_
    assert np.array_equal(resized, np.repeat(np.repeat(mask, 3, axis=0), 2, axis=1))


def test_the_same_size_is_left_alone() -> None:
    pixels, mask = RNG.integers(0, 256, (5, 6, 3), dtype=np.uint8), np.ones((5, 6), bool)
    map_HW = RNG.random((5, 6), np.float32)
    assert resize_map(map_HW, (5, 6)) is map_HW
    assert resize_rgb(pixels, (5, 6)) is pixels
    assert resize_mask(mask, (5, 6)) is mask


def test_a_map_is_drawn_out_smoothly_within_its_range() -> None:
    ramp = np.tile(np.float32([0, 1, 2, 3]), (2, 1))
    resized = resize_map(ramp, (6, 16))
    assert resized.dtype == np.float32
    assert (resized.min(), resized.max()) == (0, 3)
    assert (np.diff(resized, axis=1) >= 0).all()
    assert np.allclose(resized[:, 2:-2], np.linspace(0.125, 2.875, 12))


def test_an_equal_map_stays_what_it_is() -> None:
    assert (resize_map(np.full((7, 9), 0.1, np.float32), (33, 5)) == np.float32(0.1)).all()
