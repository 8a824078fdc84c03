from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.errors import DataError
from harness.images import image_mode, image_size, largest_grey, read_grey, read_mask, read_rgb

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)


def saved(folder: Path, image: Image.Image, name: str = "image.png", **options: object) -> Path:
    image.save(folder / name, **options)
    return folder / name


@pytest.mark.parametrize("name", ["image.png", "image.bmp", "image.tif", "image.webp"])
def test_colour_comes_out_as_it_was_saved(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    read = read_rgb(saved(tmp_path, Image.fromarray(COLOUR), name, **options))
    assert np.array_equal(read, COLOUR)
    assert read.dtype == np.uint8
    assert read.flags.writeable


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    assert np.array_equal(read_rgb(saved(tmp_path, Image.fromarray(GREY))), np.repeat(GREY[:, :, None], 3, axis=2))


@pytest.mark.parametrize("name", ["image.png", "image.tif", "image.pgm"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, name: str) -> None:
    wide = GREY.astype(np.uint16) * 257
    path = saved(tmp_path, Image.fromarray(wide), name)
    assert np.array_equal(read_rgb(path)[:, :, 0], GREY)
    assert np.array_equal(read_mask(path, 127), GREY > 127)


def test_alpha_is_dropped_and_not_blended(tmp_path: Path) -> None:
    alpha = np.zeros((6, 9, 1), np.uint8)
    path = saved(tmp_path, Image.fromarray(np.concatenate([COLOUR, alpha], axis=2)))
    assert np.array_equal(read_rgb(path), COLOUR)
    path = saved(tmp_path, Image.fromarray(np.stack([GREY, alpha[:, :, 0]], axis=2)), "grey.png")
    assert np.array_equal(read_mask(path, 127), GREY > 127)


def test_a_palette_becomes_its_colours(tmp_path: Path) -> None:
    image = Image.fromarray((GREY // 128).astype(np.uint8), mode=None).convert("P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    path = saved(tmp_path, image)
    assert np.array_equal(read_mask(path, 127), GREY >= 128)
    assert set(np.unique(read_rgb(path))) == {0, 255}


def test_one_bit_masks_are_black_and_white(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(GREY >= 128))
    assert np.array_equal(read_mask(path, 254), GREY >= 128)


def test_cmyk_becomes_red_green_blue(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("CMYK", (9, 6), (0, 255, 255, 0)), "image.jpg")
    red, green, blue = read_rgb(path)[3, 4].tolist()
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("name", ["image.jpg", "image.png", "image.tif"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda a: np.rot90(a)),
    ],
)
def test_images_are_turned_upright(tmp_path: Path, name: str, orientation: int, upright: object) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    quarters = np.zeros((16, 32, 3), np.uint8)
    quarters[:8, :16], quarters[:8, 16:], quarters[8:, :16] = 250, 170, 90
    path = saved(tmp_path, Image.fromarray(quarters), name, exif=exif)
    wanted = upright(quarters)  # type: ignore[operator]
    assert image_size(path) == wanted.shape[:2]
    assert np.abs(read_rgb(path).astype(int) - wanted).max() <= 8
    assert np.array_equal(read_mask(path, 127), wanted[:, :, 0] > 127)


def test_the_threshold_itself_is_no_defect(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.array([[126, 127, 128]], np.uint8)))
    assert read_mask(path, 127).tolist() == [[False, False, True]]
    assert read_mask(path, 127).dtype == np.bool_


@pytest.mark.parametrize("values", [[[0, 3, 200]], [[0, 0, 0]]])
def test_largest_grey_agrees_with_the_mask(tmp_path: Path, values: list[list[int]]) -> None:
    path = saved(tmp_path, Image.fromarray(np.array(values, np.uint8)))
    assert largest_grey(path) == max(values[0])


def test_size_is_height_and_width(tmp_path: Path) -> None:
    assert image_size(saved(tmp_path, Image.fromarray(GREY))) == (6, 9)


def test_a_truncated_file_is_one_line_that_names_it(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg", "cut.bmp"):
        path = saved(tmp_path, Image.fromarray(pixels), name)
        path.write_bytes(path.read_bytes()[:-1500])
        assert image_size(path) == (64, 64)
        with pytest.raises(DataError, match=rf"{name}: cannot be read as an image \(.*\); is it damaged\?") as caught:
            read_rgb(path)
        assert "\n" not in str(caught.value)


def test_flipped_bytes_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"image\.png: cannot be read as an image"):
        read_rgb(path)


@pytest.mark.parametrize("content", [b"", b"this is no image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    for read in (read_rgb, image_size, largest_grey):
        with pytest.raises(DataError, match=r"notes\.png: (not an image|cannot be read as an image)"):
            read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.png: no such file; an image was expected here"):
        read_mask(tmp_path / "none.png", 127)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read as an image \(.*directory"):
        read_rgb(tmp_path)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(GREY.astype(np.float32)), "image.tif")
    with pytest.raises(DataError, match=r"image\.tif: has floating-point pixels.*8 or 16 bits"):
        read_rgb(path)


def test_colours_become_grey_by_their_brightness(tmp_path: Path) -> None:
    assert np.array_equal(read_grey(saved(tmp_path, Image.fromarray(GREY))), GREY)
    colour = saved(tmp_path, Image.fromarray(COLOUR), "colour.png")
    brightness = COLOUR @ np.array([0.299, 0.587, 0.114])
    assert np.abs(read_grey(colour) - brightness).max() <= 0.51
    assert read_grey(colour).max() == largest_grey(colour)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_the_mode_is_that_of_the_file(tmp_path: Path, mode: str) -> None:
    assert image_mode(saved(tmp_path, Image.new(mode, (4, 3)))) == mode


def test_what_is_no_image_has_no_mode(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_text("no image")
    with pytest.raises(DataError, match=r"image\.png: not an image"):
        image_mode(tmp_path / "image.png")
