import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.images import resize_map
from harness.report import prediction_pictures
from harness.report.prediction_pictures import MapScale, overlay, write_map, write_mask, write_overlay

SCALE = MapScale(low=1.0, threshold=3.0)
GREY = np.full((8, 10, 3), 128, np.uint8)


def random_map(seed: int, size_px: tuple[int, int] = (8, 10)) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 6, size_px).astype(np.float32)


def test_equal_map_values_have_equal_colours_in_two_images() -> None:
    first, second = np.full((8, 10), 2.0, np.float32), np.full((8, 10), 2.0, np.float32)
    # The rest of a map changes nothing, as it would if each picture had a scale of its own.
    first[:4], second[:4] = 1.0, 2.9
    colours = [overlay(GREY, map_YX, SCALE)[6, 5].tolist() for map_YX in (first, second)]
    assert colours[0] == colours[1]
    assert colours[0] != overlay(GREY, np.full((8, 10), 2.5, np.float32), SCALE)[6, 5].tolist()


def test_the_threshold_is_in_the_middle_of_the_scale() -> None:
    assert SCALE.places(np.array([-9, 1, 2, 3, 5, 99], np.float32)).tolist() == [0, 0, 0.25, 0.5, 1, 1]


def test_a_scale_without_width_is_still_one() -> None:
    assert MapScale(2.0, 2.0).places(np.array([1, 2, 3], np.float32)).tolist() == [0, 0, 1]
    assert MapScale(3.0, 2.0).high > 3.0


def test_what_is_normal_is_the_image_itself() -> None:
    assert np.array_equal(overlay(GREY, np.full((8, 10), 1.0, np.float32), SCALE), GREY)


def test_an_outline_is_around_what_is_above_the_threshold_alone() -> None:
    map_YX = np.full((8, 10), 1.0, np.float32)
    map_YX[2:6, 3:8] = 4.0
    outlined = (overlay(GREY, map_YX, SCALE) == prediction_pictures._OUTLINE).all(-1)
    expected = np.zeros((8, 10), bool)
    expected[2:6, 3:8] = True
    expected[3:5, 4:7] = False
    assert np.array_equal(outlined, expected)


@pytest.mark.parametrize("image_px", [(8, 10), (31, 17), (4, 5)])
def test_a_mask_has_the_size_of_the_image_and_is_the_map_above_the_threshold(
    tmp_path: Path, image_px: tuple[int, int]
) -> None:
    map_YX = random_map(0)
    write_mask(tmp_path / "mask.png", map_YX, image_px, SCALE.threshold)
    with Image.open(tmp_path / "mask.png") as image:
        mask = np.array(image)
    assert mask.shape == image_px
    assert np.array_equal(mask == 255, resize_map(map_YX, image_px) > SCALE.threshold)
    assert set(np.unique(mask)) == {0, 255}


def test_an_overlay_has_the_size_of_the_image(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (30, 20, 3), np.uint8)
    write_overlay(tmp_path / "overlay.png", image, random_map(1), SCALE)
    with Image.open(tmp_path / "overlay.png") as drawn:
        expected = overlay(image, resize_map(random_map(1), (30, 20)), SCALE)
        assert np.array_equal(np.array(drawn), expected)


def test_a_map_of_floats_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    write_map(tmp_path / "map.tiff", random_map(2), SCALE, "float")
    with Image.open(tmp_path / "map.tiff") as image:
        values = np.array(image)
    assert values.dtype == np.float32
    assert np.array_equal(values, random_map(2))


def test_a_map_of_16_bits_is_read_back_as_places_on_the_scale(tmp_path: Path) -> None:
    write_map(tmp_path / "map.tiff", random_map(3), SCALE, "16bit")
    with Image.open(tmp_path / "map.tiff") as image:
        assert image.mode == "I;16"
        values = np.array(image)
    assert values.dtype == np.uint16
    np.testing.assert_allclose(values / 65535, SCALE.places(random_map(3)), atol=0.5 / 65535 + 1e-9)


def test_a_picture_that_was_not_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(self: Image.Image, file: object, *arguments: object, **options: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt("in the middle")

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(KeyboardInterrupt, match="in the middle"):
        write_mask(tmp_path / "masks/a.png", random_map(0), (8, 10), 3.0)
    assert list((tmp_path / "masks").iterdir()) == []


def test_modes_of_pictures_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_mask(tmp_path / "masks/a.png", random_map(0), (8, 10), 3.0)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "masks/a.png").stat().st_mode) == 0o640
