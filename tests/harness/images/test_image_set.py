import pickle
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import DataError
from harness.images import ImageSet, View, read_rgb
from tests.support.miniatures import truncate, write_image


@pytest.fixture
def images(tmp_path: Path) -> ImageSet:
    paths = tuple(tmp_path / f"{number}.png" for number in range(7))
    for number, path in enumerate(paths):
        write_image(path, number)
    return ImageSet(ids=tuple(path.name for path in paths), paths=paths, size_px=(16, 24), key="abc")


def test_every_image_has_the_size_of_the_set(images: ImageSet) -> None:
    assert len(images) == 7
    assert images[6].shape == (16, 24, 3)
    assert images[6].dtype == np.uint8


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batches_are_all_images_in_order(images: ImageSet, batch_size: int) -> None:
    batches = list(images.batches(batch_size))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert np.array_equal(np.concatenate(batches), np.stack([images[index] for index in range(7)]))


def test_images_of_a_batch_are_decoded_at_the_same_time(images: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two decodes wait for each other; one after the other would never get on.
    both_run = threading.Barrier(2, timeout=30)

    def read(path: Path) -> NDArray[np.uint8]:
        both_run.wait()
        return read_rgb(path)

    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("harness.images.image_set.read_rgb", read)
    assert len(next(images.select(range(6)).batches(6))) == 6


def test_the_next_batch_is_decoded_while_the_caller_works(images: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    is_decoded = {path: threading.Event() for path in images.paths}

    def read(path: Path) -> NDArray[np.uint8]:
        is_decoded[path].set()
        return read_rgb(path)

    monkeypatch.setattr("harness.images.image_set.read_rgb", read)
    batches = images.batches(2)
    next(batches)
    assert all(is_decoded[path].wait(timeout=30) for path in images.paths[:4])
    assert not any(is_decoded[path].is_set() for path in images.paths[4:])


def test_an_empty_set_has_no_batches() -> None:
    assert list(ImageSet(ids=(), paths=(), size_px=(8, 8), key="").batches(4)) == []


def test_batches_that_are_not_used_up_leave_no_thread(images: ImageSet) -> None:
    batches = images.batches(2)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_a_damaged_image_is_named_when_its_batch_comes(images: ImageSet) -> None:
    truncate(images.paths[4])
    batches = images.batches(2)
    next(batches)
    next(batches)
    with pytest.raises(DataError, match=r"4\.png: cannot be read as an image"):
        next(batches)


def test_a_selection_has_its_images_and_a_key_of_its_own(images: ImageSet) -> None:
    chosen = images.select([5, 0, -1])
    assert chosen.ids == ("5.png", "0.png", "6.png")
    assert np.array_equal(chosen[0], images[5])
    assert chosen == images.select([5, 0, 6])
    assert len({images.key, chosen.key, images.select([0, 5, 6]).key, chosen.select([0]).key}) == 4


def test_a_selection_outside_the_set_is_refused(images: ImageSet) -> None:
    with pytest.raises(IndexError, match="out of range"):
        images.select([7])


def test_views_of_one_file_side_by_side_are_cut_from_one_decoding(
    images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = tuple(View((40, 48), (0, left)) for left in (0, 8, 16))
    tiles = ImageSet(
        ids=("0.png",) * 3 + ("1.png",) * 3,
        paths=(images.paths[0],) * 3 + (images.paths[1],) * 3,
        size_px=(40, 32),
        key="tiles",
        views=views * 2,
    )
    expected = np.stack([tiles[row] for row in range(6)])
    decoded: list[Path] = []

    def read(path: Path) -> NDArray[np.uint8]:
        decoded.append(path)
        return read_rgb(path)

    monkeypatch.setattr("harness.images.image_set.read_rgb", read)
    assert np.array_equal(next(tiles.batches(6)), expected)
    assert sorted(decoded) == sorted(images.paths[:2])


def test_a_selection_of_views_keeps_what_they_show(images: ImageSet) -> None:
    views = tuple(View((40, 48), (0, left)) for left in range(7))
    chosen = replace(images, views=views).select([5, 0])
    assert chosen.views == (views[5], views[0])


def test_can_be_sent_to_another_process(images: ImageSet) -> None:
    assert pickle.loads(pickle.dumps(images)) == images


def test_refuses_what_makes_no_sense(images: ImageSet) -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        images.batches(0)
    with pytest.raises(ValueError, match="2 ids, 7 paths"):
        ImageSet(ids=("a", "b"), paths=images.paths, size_px=(8, 8), key="")
    with pytest.raises(ValueError, match="7 ids, 1 views"):
        replace(images, views=(View((8, 8), (0, 0)),))
    with pytest.raises(ValueError, match=r"positive height and width in pixels, got \(0, 8\)"):
        ImageSet(ids=(), paths=(), size_px=(0, 8), key="")
