from pathlib import Path

import numpy as np

from harness.config import Protocol
from harness.framing import views_of
from harness.images import ImageSet, View
from harness.methods.few_views import few_views
from tests.support.miniatures import write_image

SIZE_PX = (40, 60)


def images_of(folder: Path) -> ImageSet:
    for number in range(2):
        write_image(folder / f"{number}.png", number, size_px=SIZE_PX)
    paths = tuple(folder / f"{number}.png" for number in range(2))
    return ImageSet(ids=("0", "1"), paths=paths, size_px=SIZE_PX, key="two")


def test_every_image_stands_first_as_it_is_and_nine_cuts_follow(tmp_path: Path) -> None:
    images = images_of(tmp_path)
    views = few_views(images)
    assert views.ids == ("0",) * 10 + ("1",) * 10
    assert np.array_equal(views[0], images[0])
    assert np.array_equal(views[10], images[1])
    assert len({views[row].tobytes() for row in range(20)}) == 20


def test_no_cut_reaches_beyond_the_image(tmp_path: Path) -> None:
    views = few_views(images_of(tmp_path))
    for row in range(len(views)):
        view = views.view(row)
        assert all(
            0 <= corner <= whole - length
            for corner, whole, length in zip(view.corner_px, view.scaled_px, SIZE_PX, strict=True)
        )


def test_cuts_of_a_tile_stay_near_the_tile() -> None:
    tiles = views_of((100, 150), (32, 32), Protocol(image_size_px=32, aspect="tiles"))
    images = ImageSet(ids=("a",) * len(tiles), paths=(Path("a"),) * len(tiles), size_px=(32, 32), key="a", views=tiles)
    for number, tile in enumerate(tiles):
        for row in range(10 * number + 1, 10 * number + 10):
            cut = few_views(images).view(row)
            assert cut.scaled_px == (110, 165)
            assert all(
                -0.5 <= corner - 1.1 * own <= 3.7 for corner, own in zip(cut.corner_px, tile.corner_px, strict=True)
            )


def test_other_images_have_other_keys_and_the_views_are_a_set_of_their_own() -> None:
    def views(key: str) -> ImageSet:
        return few_views(ImageSet(ids=("a",), paths=(Path("a"),), size_px=(8, 8), key=key))

    assert views("a").key != views("b").key
    assert views("a").base is None
    assert views("a").view(0) == View((8, 8), (0, 0))
