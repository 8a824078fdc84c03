import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.errors import DataError, SettingsError
from harness.images import image_mode, image_size, largest_grey, read_grey, read_mask, read_rgb
from tests.support.image_files import png_header, write_png_16, write_tiff

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
WIDE = np.array([0, 1, 127, 255, 256, 257, 32767, 32768, 65279, 65280, 65535], np.uint16)
"""16-bit values around the places where another rule than "the upper 8 bits" would differ."""
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


@pytest.mark.parametrize("factor", [256, 257])
@pytest.mark.parametrize("name", ["image.png", "image.tif", "image.pgm"])
def test_eight_bits_that_were_widened_to_sixteen_come_back(tmp_path: Path, name: str, factor: int) -> None:
    # Pillow scales a PGM to its stated maximum, 65535, by rounding: only 257 is exact there.
    if (name, factor) == ("image.pgm", 256):
        pytest.skip("a PGM states its maximum")
    path = saved(tmp_path, Image.fromarray(GREY.astype(np.uint16) * factor), name)
    assert np.array_equal(read_rgb(path)[:, :, 0], GREY)
    assert np.array_equal(read_mask(path, 127), GREY > 127)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_of_a_16_bit_png_the_upper_8_bits_are_kept(tmp_path: Path, channels: int) -> None:
    path = write_png_16(tmp_path / "image.png", np.repeat(WIDE[None, :, None], channels, axis=2))
    assert np.array_equal(read_rgb(path), np.repeat((WIDE >> 8)[None, :, None], 3, axis=2))


@pytest.mark.parametrize("channels", [1, 3])
def test_of_a_16_bit_tiff_the_upper_8_bits_are_kept(tmp_path: Path, channels: int) -> None:
    path = write_tiff(tmp_path / "image.tif", np.repeat(WIDE[None, :, None], channels, axis=2))
    assert np.array_equal(read_rgb(path), np.repeat((WIDE >> 8)[None, :, None], 3, axis=2))


def test_a_big_endian_16_bit_tiff_reads_alike(tmp_path: Path) -> None:
    image = Image.frombytes("I;16B", (len(WIDE), 1), WIDE.astype(">u2").tobytes())
    assert np.array_equal(read_rgb(saved(tmp_path, image, "image.tif"))[0, :, 0], WIDE >> 8)


def test_of_a_12_bit_tiff_the_upper_8_bits_are_kept(tmp_path: Path) -> None:
    values = np.array([0, 15, 16, 2047, 2048, 4095], np.uint16)
    path = write_tiff(tmp_path / "image.tif", values[None, :, None], bits=12)
    assert read_rgb(path)[0, :, 0].tolist() == [0, 0, 1, 127, 128, 255]


@pytest.mark.parametrize(("kind", "value"), [(np.int16, -1), (np.int32, 70000), (np.int32, -70000)])
def test_pixels_that_are_neither_8_nor_16_bits_are_refused(tmp_path: Path, kind: type, value: int) -> None:
    path = write_tiff(tmp_path / "image.tif", np.array([[[0], [value]]], kind))
    with pytest.raises(DataError, match=rf"image\.tif: has pixels from .*{value}.* neither 8 nor 16 bits; save"):
        read_rgb(path)


def test_16_bit_colours_in_separate_planes_are_refused_and_not_read_as_noise(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "image.tif", np.repeat(WIDE[None, :, None], 3, axis=2), apart=True)
    with pytest.raises(DataError, match=r"image\.tif: its 16-bit colours lie in separate planes.*side by side"):
        read_rgb(path)
    narrow = write_tiff(tmp_path / "narrow.tif", COLOUR, apart=True)
    assert np.array_equal(read_rgb(narrow), COLOUR)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiffs_come_out_as_they_were_saved(tmp_path: Path, compression: str) -> None:
    path = saved(tmp_path, Image.fromarray(COLOUR), "image.tif", compression=compression)
    assert np.array_equal(read_rgb(path), COLOUR)


@pytest.mark.parametrize("name", ["image.tif", "image.gif", "image.webp", "image.png"])
def test_of_several_pages_or_frames_the_first_is_read(tmp_path: Path, name: str) -> None:
    pages = [Image.new("L", (9, 6), level) for level in (255, 0, 90)]
    options = {"lossless": True} if name.endswith("webp") else {}
    path = saved(tmp_path, pages[0], name, save_all=True, append_images=pages[1:], **options)
    assert np.array_equal(read_rgb(path), np.full((6, 9, 3), 255))
    assert image_size(path) == (6, 9)


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


@pytest.mark.parametrize("name", ["image.png", "image.gif"])
@pytest.mark.parametrize("transparency", [1, bytes([0, 128, 255, 255])])
def test_a_palette_with_transparent_entries_keeps_their_colours(
    tmp_path: Path, name: str, transparency: int | bytes
) -> None:
    if name.endswith("gif") and isinstance(transparency, bytes):
        pytest.skip("a GIF has one transparent entry at most")
    image = Image.new("P", (4, 1))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    image.putdata([0, 1, 2, 3])
    path = saved(tmp_path, image, name, transparency=transparency)
    assert read_rgb(path).tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]]]


def test_one_bit_masks_are_black_and_white(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(GREY >= 128))
    assert np.array_equal(read_mask(path, 254), GREY >= 128)


@pytest.mark.parametrize("name", ["image.jpg", "image.tif"])
def test_cmyk_becomes_red_green_blue(tmp_path: Path, name: str) -> None:
    # A CMYK JPEG holds inverted values, as Adobe's programs write them; a TIFF does not.
    inks = [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 255, 0), (0, 0, 0, 255), (51, 0, 102, 0)]
    image = Image.new("CMYK", (16 * len(inks), 16))
    for position, ink in enumerate(inks):
        image.paste(ink, (16 * position, 0, 16 * (position + 1), 16))
    path = saved(tmp_path, image, name, **({"quality": 100} if name.endswith("jpg") else {}))
    wanted = [[255 - ink for ink in inks_CMYK[:3]] if inks_CMYK[3] == 0 else [0, 0, 0] for inks_CMYK in inks]
    assert np.abs(read_rgb(path)[8, 8::16].astype(int) - wanted).max() <= (1 if name.endswith("jpg") else 0)


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


@pytest.mark.parametrize("content", [b"this is no image", b"\x89PNG\r\n\x1a\n", b"\0" * 5000])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    for read in (read_rgb, image_size, largest_grey):
        with pytest.raises(DataError, match=r"notes\.png: (not an image|cannot be read as an image)"):
            read(path)


def link_to_itself(folder: Path) -> Path:
    (folder / "x.png").symlink_to("x.png")
    return folder / "x.png"


def link_to_nothing(folder: Path) -> Path:
    (folder / "x.png").symlink_to("gone.png")
    return folder / "x.png"


def nothing(folder: Path) -> Path:
    return folder / "x.png"


def folder_like_an_image(folder: Path) -> Path:
    (folder / "x.png").mkdir()
    return folder / "x.png"


def empty_file(folder: Path) -> Path:
    (folder / "x.png").touch()
    return folder / "x.png"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "x.png")
    return folder / "x.png"


def folder_without_rights(folder: Path) -> Path:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "closed").mkdir(mode=0)
    return folder / "closed/x.png"


@pytest.mark.parametrize("read", [read_rgb, image_size, largest_grey])
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (link_to_itself, r"cannot be read \(a link that leads back to itself\)"),
        (link_to_nothing, "a link to a file that is not there; an image was expected"),
        (nothing, "no such file; an image was expected here"),
        (folder_like_an_image, "is a folder; an image file was expected"),
        (empty_file, r"is empty \(0 bytes\)"),
        (pipe, "is a pipe or a device"),
        (folder_without_rights, "may not be read"),
    ],
)
def test_what_cannot_be_opened_is_one_line_that_names_it(
    tmp_path: Path, build: object, message: str, read: object
) -> None:
    path = build(tmp_path)  # type: ignore[operator]
    with pytest.raises(DataError, match=rf"^{path}: {message}") as caught:
        read(path)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As root cannot show it with a real file.
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = saved(tmp_path, Image.fromarray(GREY))
    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(DataError, match=r"image\.png: may not be read \(permission denied\); give this user the right"):
        read_rgb(path)


# Sizes


@pytest.mark.parametrize("read", [read_rgb, image_size, largest_grey])
def test_a_very_large_image_is_refused_with_size_limit_and_remedy(tmp_path: Path, read: object) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(png_header(20_000, 30_000))
    message = (
        r"^.*scan\.png: has 20000 x 30000 pixels \(height x width\), 600\.0 megapixels; the limit is 100\. "
        "Set BENCH_MAX_MEGAPIXELS to raise it"
    )
    with pytest.raises(DataError, match=message) as caught:
        read(path)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


def test_the_limit_can_be_raised_beyond_that_of_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(png_header(20_000, 30_000))
    monkeypatch.setenv("BENCH_MAX_MEGAPIXELS", "600")
    assert image_size(path) == (20_000, 30_000)


def test_the_limit_can_be_lowered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_MAX_MEGAPIXELS", "0.00005")
    with pytest.raises(DataError, match=r"0\.0 megapixels; the limit is 5e-05"):
        read_rgb(saved(tmp_path, Image.fromarray(GREY)))


@pytest.mark.parametrize("text", ["many", "0", "-3", "nan"])
def test_a_limit_that_is_no_positive_number_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("BENCH_MAX_MEGAPIXELS", text)
    with pytest.raises(SettingsError, match=rf"BENCH_MAX_MEGAPIXELS: expected a positive number .*, got '{text}'"):
        read_rgb(saved(tmp_path, Image.fromarray(GREY)))


def test_formats_of_plug_ins_are_not_tried(tmp_path: Path) -> None:
    for name in ("image.ico", "image.jp2"):
        path = saved(tmp_path, Image.fromarray(np.zeros((16, 16, 3), np.uint8)), name)
        with pytest.raises(DataError, match=r"not an image in a format that can be read \(BMP, GIF, JPEG"):
            read_rgb(path)


def test_locale_and_environment_change_no_pixel(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(COLOUR), "bild-\u00e4.jpg")
    program = (
        "import hashlib, sys; from pathlib import Path; from harness.images import read_rgb; "
        "print(hashlib.sha256(read_rgb(Path(sys.argv[1])).tobytes()).hexdigest())"
    )
    surroundings: list[dict[str, str]] = [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"}]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program, str(path)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | extra | {"PYTHONPATH": str(Path(__file__).parents[3])},
        ).stdout
        for extra in surroundings
    }
    assert len(hashes) == 1


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
