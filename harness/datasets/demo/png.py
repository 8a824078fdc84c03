"""PNG files with the same bytes on every machine.

Pillow's compressor depends on the zlib it was built with, and the data fingerprint covers bytes.
Here pixels are stored uncompressed, which leaves nothing to choose.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_MAX_BLOCK_BYTES = 65535


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of a grey ``(H, W)`` or an RGB ``(H, W, 3)`` image."""
    height, width = pixels.shape[:2]
    colour_type = 0 if pixels.ndim == 2 else 2
    lines = np.ascontiguousarray(pixels).reshape(height, -1)
    # The leading zero of each line says "no prediction".
    raw = np.concatenate([np.zeros((height, 1), np.uint8), lines], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", _stored(raw)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _stored(raw: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    blocks = [raw[start : start + _MAX_BLOCK_BYTES] for start in range(0, len(raw), _MAX_BLOCK_BYTES)]
    body = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block for block in blocks
    )
    return b"\x78\x01" + body + struct.pack(">I", zlib.adler32(raw))
