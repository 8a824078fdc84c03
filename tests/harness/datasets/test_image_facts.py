import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.datasets.empty_masks import have_defects
from harness.datasets.file_cache import file_facts
from harness.datasets.fingerprint import SHA256, file_sha256
from harness.datasets.image_facts import image_facts
from harness.datasets.near_duplicates import detail, thumbnail
from harness.errors import DataError
from harness.images import read_grey
from tests.support import miniatures


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.png"
    miniatures.write_image(path, 1)
    os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    return path


def test_says_what_a_file_holds_and_again_from_memory(image: Path) -> None:
    expected = thumbnail(read_grey(image))
    for _ in range(2):
        (facts,) = image_facts([image])
        assert (facts.problem, facts.mode, facts.size_px) == (None, "RGB", miniatures.SIZE_PX)
        assert facts.sha256 == file_sha256(image)
        assert facts.greys == (int(read_grey(image).min()), int(read_grey(image).max()))
        assert facts.thumbnail is not None
        np.testing.assert_array_equal(facts.thumbnail, expected)
        assert facts.detail is not None
        np.testing.assert_array_equal(facts.detail, detail(read_grey(image)))


def test_decodes_a_file_once(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image_facts([image])
    monkeypatch.setattr("harness.datasets.image_facts.read_grey", lambda path: pytest.fail("decoded again"))
    monkeypatch.setattr("harness.datasets.empty_masks.largest_grey", lambda path: pytest.fail("decoded again"))
    image_facts([image])
    assert have_defects([image]) == [True]
    assert file_facts(SHA256, [image], lambda path: pytest.fail("read again")) == [file_sha256(image)]


def test_a_damaged_file_is_looked_at_again_each_time(image: Path) -> None:
    whole = image.read_bytes()
    miniatures.truncate(image)
    os.utime(image, ns=(1_000_000_000, 1_000_000_000))
    for _ in range(2):
        (facts,) = image_facts([image])
        assert facts.problem is not None
        assert "cannot be read as an image" in facts.problem
        assert str(image) not in facts.problem
        assert facts.sha256 == file_sha256(image)
        assert facts.thumbnail is None
    image.write_bytes(whole)
    assert image_facts([image])[0].problem is None


def test_an_image_of_one_colour_has_no_thumbnail(tmp_path: Path) -> None:
    Image.new("L", (40, 30), 90).save(tmp_path / "flat.png")
    (facts,) = image_facts([tmp_path / "flat.png"])
    assert (facts.greys, facts.size_px, facts.thumbnail) == ((90, 90), (30, 40), None)


def test_counts_pixels_that_are_neither_black_nor_white(tmp_path: Path) -> None:
    pixels = np.array([[0, 1, 127, 128], [254, 255, 255, 0]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    (facts,) = image_facts([tmp_path / "mask.png"])
    assert (facts.num_between, facts.num_full) == ((2, 2), 2)


def test_tells_how_many_are_done(image: Path, tmp_path: Path) -> None:
    image_facts([image])
    miniatures.write_image(tmp_path / "another.png", 2)
    told: list[tuple[int, int]] = []
    image_facts([image, tmp_path / "another.png"], lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.png: cannot be read"):
        image_facts([tmp_path / "none.png"])
