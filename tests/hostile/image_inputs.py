"""Image files."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from harness.images import read_rgb
from tests.hostile.bad_input import BadInput, written
from tests.support.image_files import png_header, write_tiff

_RNG = np.random.default_rng(0)
_NOISE = _RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)


def encoded(kind: str, pixels: np.ndarray[Any, Any] = _NOISE, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format=kind, **options)
    return stream.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(*chunks: bytes, height: int = 4, width: int = 4, kind: bytes = b"\x08\0\0\0\0") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">II", width, height) + kind) + b"".join(chunks)


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def _tiff(values: np.ndarray[Any, Any], **options: Any) -> Callable[[Path], bytes]:
    return lambda here: write_tiff(here / "made.tif", values, **options).read_bytes()


def _gif(height: int, width: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


def _bmp(height: int, width: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def _jpeg_of(height: int, width: int) -> bytes:
    content = bytearray(encoded("JPEG"))
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(content)


_END = _chunk(b"IEND", b"")

_IMAGES: dict[str, bytes | Callable[[Path], bytes]] = {
    # Truncated and damaged.
    "half a PNG": _half(encoded("PNG")),
    "half a JPEG": _half(encoded("JPEG")),
    "half a BMP": _half(encoded("BMP")),
    "half a GIF": _half(encoded("GIF")),
    "half a TIFF": _half(encoded("TIFF")),
    "half a compressed TIFF": _half(encoded("TIFF", compression="tiff_lzw")),
    "half a WebP": _half(encoded("WEBP", lossless=True)),
    "half a PPM": _half(encoded("PPM")),
    "a PNG with a flipped byte": _flipped(encoded("PNG")),
    "a PNG with a wrong checksum": encoded("PNG").replace(b"IHDR", b"IHDX"),
    "a PNG without pixels": _png(_END),
    "a PNG whose pixels are text": _png(_chunk(b"IDAT", b"no pixels"), _END),
    "a PNG with too few pixels": _png(_chunk(b"IDAT", zlib.compress(b"\0\0")), _END),
    "a PNG of an unknown colour type": _png(_chunk(b"IDAT", zlib.compress(bytes(20))), _END, kind=b"\x08\7\0\0\0"),
    "a PNG of an unknown filter": _png(_chunk(b"IDAT", zlib.compress(b"\x09" * 20)), _END),
    "a PNG of no width": _png(_chunk(b"IDAT", zlib.compress(b"")), _END, width=0),
    "a PNG with a text of a hundred megabytes": _png(
        _chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(100_000_000), 1)),
        _chunk(b"IDAT", zlib.compress(bytes(20))),
        _END,
    ),
    "the beginning of a PNG": b"\x89PNG\r\n\x1a\n",
    "the beginning of a JPEG": b"\xff\xd8\xff\xe0",
    "the beginning of a TIFF": b"II*\0\x08\0\0\0",
    "a TIFF whose directory is elsewhere": b"II*\0\xff\xff\xff\x7f",
    "a TIFF with a directory of sixty thousand entries": b"II*\0\x08\0\0\0\xff\xff",
    "a TIFF whose directory leads to itself": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    # Huge headers.
    "a PNG of 600 megapixels": png_header(20_000, 30_000),
    "a PNG of two billion pixels a side": _png(_END, height=2**31 - 1, width=2**31 - 1),
    "a GIF of four billion pixels": _gif(65_535, 65_535),
    "a BMP of two billion pixels a side": _bmp(2**31 - 1, 2**31 - 1),
    "a BMP of negative width": _bmp(10, -10),
    "a JPEG of four billion pixels": _jpeg_of(65_535, 65_535),
    "a JPEG of no height": _jpeg_of(0, 64),
    "a TIFF of four billion pixels a side": lambda here: _huge_tiff(here),
    "a PPM of a trillion pixels": b"P6\n1000000 1000000\n255\n",
    "a PPM whose width is a thousand digits": b"P6\n" + b"9" * 1000 + b" 1\n255\n",
    "a PPM of negative width": b"P6\n-1 1\n255\n",
    "a PPM whose maximum is zero": b"P6\n1 1\n0\n\0\0\0",
    "a PPM whose pixels are words": b"P3\n2 2\n255\nred green blue",
    "a PNG of 99 megapixels without pixels": png_header(9_900, 10_000),
    # Of a kind that is not read.
    "floating-point pixels": encoded("TIFF", _NOISE[..., 0].astype(np.float32)),
    "pixels of 32 bits": lambda here: write_tiff(here / "m.tif", np.full((2, 2, 1), 70_000, np.uint32)).read_bytes(),
    "negative pixels": lambda here: write_tiff(here / "m.tif", np.full((2, 2, 1), -5, np.int16)).read_bytes(),
    "sixteen-bit colours in planes": _tiff(np.zeros((4, 4, 3), np.uint16), apart=True),
    "sixteen-bit CMYK": lambda here: _cmyk_16(here),
    "a PFM": b"Pf\n2 2\n-1.0\n" + bytes(16),
    "an icon": encoded("ICO"),
    "a JPEG 2000": encoded("JPEG2000"),
    "a PDF": b"%PDF-1.7\n" + bytes(100),
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nsystemdict /quit get exec\n",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "a zip": b"PK\x03\x04" + bytes(100),
    "text": b"this is no image",
    "zeros": bytes(5000),
    "nothing": b"",
}  # fmt: skip


def _huge_tiff(here: Path) -> bytes:
    content = write_tiff(here / "made.tif", np.zeros((4, 4, 1), np.uint8)).read_bytes()
    for tag in (256, 257):
        entry = struct.pack("<HHI", tag, 3, 1)
        place = content.index(entry)
        content = content[:place] + struct.pack("<HHII", tag, 4, 1, 2**32 - 1) + content[place + 12 :]
    return content


def _cmyk_16(here: Path) -> bytes:
    content = write_tiff(here / "made.tif", np.zeros((4, 4, 3), np.uint16)).read_bytes()
    place = content.index(struct.pack("<HHII", 262, 3, 1, 2))
    return content[:place] + struct.pack("<HHII", 262, 3, 1, 5) + content[place + 12 :]


def _image(content: bytes | Callable[[Path], bytes]) -> Callable[[Path], object]:
    return lambda here: read_rgb(written(here / "x.png", content if isinstance(content, bytes) else content(here)))


def _placed(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def read(here: Path) -> object:
        make(here / "x.png")
        return read_rgb(here / "x.png")

    return read


IMAGE_INPUTS = [
    *(BadInput(f"image: {name}", _image(content)) for name, content in _IMAGES.items()),
    BadInput("image: a link to itself", _placed(lambda path: path.symlink_to(path.name))),
    BadInput("image: a link to nothing", _placed(lambda path: path.symlink_to("gone.png"))),
    BadInput("image: no file", _placed(lambda path: None)),
    BadInput("image: a folder", _placed(lambda path: path.mkdir())),
    BadInput("image: a pipe", _placed(os.mkfifo)),
    BadInput("image: a device", _placed(lambda path: path.symlink_to("/dev/zero"))),
    BadInput("image: a name that is too long", lambda here: read_rgb(here / ("n" * 300 + ".png"))),
    BadInput("image: a name with a NUL", lambda here: read_rgb(here / "a\0.png")),
    BadInput("image: a name that clears the screen", lambda here: read_rgb(here / "\x1b[2J.png")),
    BadInput("image: a name of two lines", lambda here: read_rgb(here / "a\nb.png")),
    BadInput("image: a name that is no UTF-8", lambda here: read_rgb(here / "a\udcff.png")),
]
