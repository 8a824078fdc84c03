"""Files as small pictures inside the page, as many as a budget of bytes allows."""

import base64
import io
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from PIL import Image

from harness.errors import DataError
from harness.images import read_rgb

MAX_SIDE_PX = 900
"""Longer side of an embedded panel; its file keeps every pixel."""
_QUALITY = 72  # the titles stay readable


def embedded(galleries: Sequence[Sequence[Path]], budget_bytes: int, max_side_px: int = MAX_SIDE_PX) -> dict[Path, str]:
    """Data addresses of the first pictures of every gallery, one of each in turn until the budget is used up.

    A file that cannot be read, and everything after the budget, is left to a link.

    Args:
        galleries: Files, the most important first.
        budget_bytes: Of all addresses together.
        max_side_px: Longer side of an embedded picture.
    """
    found: dict[Path, str] = {}
    room = budget_bytes
    for turn in zip_longest(*galleries):
        for path in turn:
            if path is None or path in found:
                continue
            try:
                address = data_address(path, max_side_px)
            except DataError:
                continue
            room -= len(address)
            if room < 0:
                return found
            found[path] = address
    return found


def data_address(path: Path, max_side_px: int = MAX_SIDE_PX) -> str:
    """A picture as a ``data:`` address, shrunk and compressed.

    Raises:
        DataError: The file is not there, is no picture, is damaged, or is too large to decode.
    """
    stream = io.BytesIO()
    shrunk = Image.fromarray(read_rgb(path))
    shrunk.thumbnail((max_side_px, max_side_px))
    shrunk.save(stream, format="WEBP", quality=_QUALITY)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
