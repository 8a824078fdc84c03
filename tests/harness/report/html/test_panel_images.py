import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from harness.errors import DataError
from harness.report.html.panel_images import MAX_SIDE_PX, data_address, embedded
from tests.support.report_pages import panels_of


def decoded(address: str) -> Image.Image:
    start = "data:image/webp;base64,"
    assert address.startswith(start)
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix(start))))


def test_pictures_are_shrunk_to_their_longer_side(tmp_path: Path) -> None:
    wide, small = (
        panels_of(tmp_path, "d", "c", name, ["a.png"], size_px=size)[0]
        for name, size in (("wide", (1800, 60)), ("small", (90, 40)))
    )
    assert decoded(data_address(wide)).size == (MAX_SIDE_PX, 30)
    assert decoded(data_address(small)).size == (90, 40)
    assert decoded(data_address(wide, 450)).size == (450, 15)
    assert decoded(embedded([[wide]], 10**9, 450)[wide]).size == (450, 15)


def test_galleries_take_turns_until_the_budget_is_used(tmp_path: Path) -> None:
    first, second = (panels_of(tmp_path, "d", "c", name, ["a.png", "b.png", "c.png"]) for name in ("1", "2"))
    room = sum(len(data_address(path)) for path in (first[0], second[0], first[1]))
    found = embedded([first, second], room)
    assert list(found) == [first[0], second[0], first[1]]
    assert sum(map(len, found.values())) <= room
    assert embedded([first, []], 10**9).keys() == set(first)
    assert embedded([first], 0) == {}


def test_a_file_that_is_no_picture_is_left_to_its_link(tmp_path: Path) -> None:
    damaged, sound = panels_of(tmp_path, "d", "c", "1", ["a.png", "b.png"])
    damaged.write_bytes(damaged.read_bytes()[:200])
    assert list(embedded([[damaged, tmp_path / "gone.png", sound]], 10**9)) == [sound]
    with pytest.raises(DataError, match="truncated"):
        data_address(damaged)
