"""PNG and TIFF files of kinds that Pillow reads and cannot write, byte by byte."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_PNG_COLOUR_TYPES = {1: 0, 3: 2, 2: 4, 4: 6}


def write_png_16(path: Path, values_HWC: NDArray[np.uint16]) -> Path:
    """A 16-bit PNG: grey, grey with alpha, colour, colour with alpha for 1, 2, 3, 4 channels."""
    height, width, channels = values_HWC.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _PNG_COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values_HWC)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, content) for kind, content in chunks))
    return path


def png_header(height: int, width: int) -> bytes:
    """The beginning of a grey PNG of any size, without pixels."""
    content = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", content) + _png_chunk(b"IDAT", zlib.compress(b"\0"))


def write_tiff(path: Path, values_HWC: NDArray[np.generic], *, bits: int | None = None, apart: bool = False) -> Path:
    """An uncompressed little-endian TIFF, grey or colour, of unsigned, signed or 12-bit integers.

    Args:
        path: Where to.
        values_HWC: One or three channels.
        bits: 12 packs two values into three bytes; else the type of the values decides.
        apart: Store the channels one after the other and not pixel by pixel.
    """
    height, width, channels = values_HWC.shape
    kind = values_HWC.dtype
    planes = [values_HWC[:, :, channel] for channel in range(channels)] if apart else [values_HWC]
    strips = [_packed_12(plane) if bits == 12 else plane.astype(kind.newbyteorder("<")).tobytes() for plane in planes]
    depth = bits or 8 * kind.itemsize
    entries = {
        256: (3, [width]),
        257: (3, [height]),
        258: (3, [depth] * channels),
        259: (3, [1]),
        262: (3, [2 if channels == 3 else 1]),
        273: (4, [0] * len(strips)),
        277: (3, [channels]),
        278: (3, [height]),
        279: (4, [len(strip) for strip in strips]),
        284: (3, [2 if apart else 1]),
        339: (3, [2 if kind.kind == "i" else 1] * channels),
    }
    position = 8 + 2 + 12 * len(entries) + 4
    placed: dict[int, int] = {}
    for tag, (code, values) in entries.items():
        size = {3: 2, 4: 4}[code] * len(values)
        if size > 4:
            placed[tag] = position
            position += size
    for index, strip in enumerate(strips):
        entries[273][1][index] = position
        position += len(strip)
    directory, overflow = struct.pack("<H", len(entries)), b""
    for tag, (code, values) in entries.items():
        packed = struct.pack(f"<{len(values)}{'HI'[code - 3]}", *values)
        overflow += packed if tag in placed else b""
        field = struct.pack("<I", placed[tag]) if tag in placed else packed.ljust(4, b"\0")
        directory += struct.pack("<HHI", tag, code, len(values)) + field
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + overflow + b"".join(strips))
    return path


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _packed_12(plane: NDArray[np.generic]) -> bytes:
    packed = b""
    for row in plane.reshape(plane.shape[0], -1).astype(int):
        bits = "".join(f"{value:012b}" for value in row)
        bits += "0" * (-len(bits) % 8)
        packed += bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))
    return packed
