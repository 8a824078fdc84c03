from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config import Protocol
from harness.errors import DataError
from harness.framing import at_resolution, frame, image_score, padded_view, stitch, tile_views
from harness.images import ImageSet, View, read_rgb, resize_rgb
from tests.support.miniatures import truncate, write_image

SIDES = st.integers(1, 300)
IMAGES = st.tuples(SIDES, SIDES)
TILES = st.integers(1, 4).map(lambda count: 32 * count)
OVERLAPS = st.floats(0, 0.75)


def written(folder: Path, sizes_px: list[tuple[int, int]]) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(len(sizes_px))]
    for number, (path, size_px) in enumerate(zip(paths, sizes_px, strict=True)):
        write_image(path, number, size_px=size_px)
    return paths


def framed(paths: list[Path], size_px: tuple[int, int], protocol: Protocol) -> ImageSet:
    return frame([path.name for path in paths], paths, "key", size_px, protocol)


@settings(deadline=None)
@given(IMAGES, TILES, OVERLAPS)
def test_tiles_cover_every_pixel_and_nothing_else(image_px: tuple[int, int], side: int, overlap: float) -> None:
    views = tile_views(image_px, side, overlap)
    covered = np.zeros(views[0].scaled_px, np.intp)
    for view in views:
        of_image, of_window = view.within((side, side))
        assert of_window == (slice(0, side), slice(0, side))
        covered[of_image] += 1
    assert covered.min() >= 1


@settings(deadline=None)
@given(IMAGES, TILES, OVERLAPS)
def test_neighbours_have_at_least_the_overlap_in_common(image_px: tuple[int, int], side: int, overlap: float) -> None:
    for axis in (0, 1):
        starts = sorted({view.corner_px[axis] for view in tile_views(image_px, side, overlap)})
        # Places are whole pixels.
        assert all(b - a <= side * (1 - overlap) + 1 for a, b in pairwise(starts))


@settings(deadline=None)
@given(IMAGES, TILES)
def test_an_image_is_cut_at_its_own_size_unless_it_is_smaller_than_a_tile(image_px: tuple[int, int], side: int) -> None:
    scaled_px = tile_views(image_px, side, 0.25)[0].scaled_px
    assert scaled_px == image_px if min(image_px) >= side else min(scaled_px) == side


def test_an_image_is_resized_before_it_is_cut_where_that_is_asked() -> None:
    views = tile_views((1270, 500), 192, 0.25, tiled_size_px=384)
    assert {view.scaled_px for view in views} == {(975, 384)}
    assert len({view.corner_px for view in views}) == len(views) == 3 * 7


@settings(deadline=None)
@given(IMAGES, TILES, OVERLAPS, st.floats(-1e6, 1e6, width=32))
def test_equal_maps_are_stitched_to_what_they_are(
    image_px: tuple[int, int], side: int, overlap: float, value: float
) -> None:
    views = tile_views(image_px, side, overlap)
    map_YX = stitch(views, [np.full((side, side), value, np.float32)] * len(views))
    assert map_YX.shape == views[0].scaled_px
    assert (map_YX == np.float32(value)).all()


@settings(deadline=None)
@given(IMAGES, TILES, OVERLAPS)
def test_tiles_of_a_map_are_stitched_to_that_map(image_px: tuple[int, int], side: int, overlap: float) -> None:
    views = tile_views(image_px, side, overlap)
    whole_YX = np.random.default_rng(0).random(views[0].scaled_px, np.float32)
    tiles = [whole_YX[view.within((side, side))[0]] for view in views]
    assert np.allclose(stitch(views, tiles), whole_YX, rtol=1e-6)


def test_where_tiles_disagree_the_one_whose_middle_is_nearer_counts_more() -> None:
    views = tile_views((32, 56), 32, 0.25)
    map_YX = stitch(views, [np.zeros((32, 32), np.float32), np.ones((32, 32), np.float32)])
    assert (map_YX[:, :24] == 0).all()
    assert (map_YX[:, 32:] == 1).all()
    assert (np.diff(map_YX, axis=1) >= 0).all()
    assert np.diff(map_YX, axis=1).max() < 0.2


@settings(deadline=None)
@given(IMAGES, TILES, TILES)
def test_padding_keeps_the_whole_image_and_its_aspect(image_px: tuple[int, int], height: int, width: int) -> None:
    view = padded_view(image_px, (height, width))
    of_image, of_window = view.within((height, width))
    assert of_image == (slice(0, view.scaled_px[0]), slice(0, view.scaled_px[1]))
    scales = [(height / image_px[0]), (width / image_px[1])]
    for scaled, own in zip(view.scaled_px, image_px, strict=True):
        assert abs(scaled - min(scales) * own) <= 1
    margins = [(side.start, size - side.stop) for side, size in zip(of_window, (height, width), strict=True)]
    assert min(min(both) for both in margins) >= 0
    assert all(abs(before - after) <= 1 for before, after in margins)


@settings(deadline=None)
@given(IMAGES, TILES, TILES)
def test_a_padded_map_comes_back_without_its_padding(image_px: tuple[int, int], height: int, width: int) -> None:
    view = padded_view(image_px, (height, width))
    image = np.random.default_rng(0).integers(0, 256, (*view.scaled_px, 3), np.uint8)
    seen = view.cut(image, (height, width))
    assert seen.shape == (height, width, 3)
    assert np.array_equal(stitch([view], [seen[..., 0].astype(np.float32)]), image[..., 0])


def test_padding_repeats_the_edge() -> None:
    image = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    seen = View((2, 4), (-1, 0)).cut(image, (4, 4))
    assert np.array_equal(seen, image[[0, 0, 1, 1]])


@pytest.mark.parametrize("aspect", ["keep", "square"])
def test_whole_images_are_seen_as_they_always_were(tmp_path: Path, aspect: str) -> None:
    paths = written(tmp_path, [(40, 48), (96, 40)])
    images = framed(paths, (32, 64), Protocol(image_size_px=32, aspect=aspect))
    assert images == ImageSet(ids=("0.png", "1.png"), paths=tuple(paths), size_px=(32, 64), key="key")
    assert images.view(1) == View((32, 64), (0, 0))
    assert images.images() == (range(1), range(1, 2))


def test_tiles_are_pixels_of_the_image_and_know_whose_they_are(tmp_path: Path) -> None:
    paths = written(tmp_path, [(40, 100), (32, 32)])
    images = framed(paths, (32, 32), Protocol(image_size_px=32, aspect="tiles"))
    assert images.images() == (range(8), range(8, 9))
    pixels = read_rgb(paths[0])
    for row, tile in enumerate(np.concatenate(list(images.batches(3)))[:8]):
        top, left = images.view(row).corner_px
        assert np.array_equal(tile, pixels[top : top + 32, left : left + 32])
        assert np.array_equal(tile, images[row])


def test_a_padded_image_is_the_scaled_one_with_its_edge_around(tmp_path: Path) -> None:
    (path,) = written(tmp_path, [(40, 80)])
    images = framed([path], (32, 32), Protocol(image_size_px=32, aspect="pad"))
    scaled = resize_rgb(read_rgb(path), (16, 32))
    assert np.array_equal(images[0], np.pad(scaled, ((8, 8), (0, 0), (0, 0)), mode="edge"))


@pytest.mark.parametrize("aspect", ["pad", "tiles"])
def test_a_header_that_cannot_be_read_is_named(tmp_path: Path, aspect: str) -> None:
    paths = written(tmp_path, [(40, 48)])
    paths[0].write_bytes(b"no image")
    with pytest.raises(DataError, match=r"0\.png: not an image"):
        framed(paths, (32, 32), Protocol(image_size_px=32, aspect=aspect))


def test_a_damaged_file_is_named_when_its_tiles_are_read(tmp_path: Path) -> None:
    paths = written(tmp_path, [(40, 48), (40, 48)])
    truncate(paths[1])
    images = framed(paths, (32, 32), Protocol(image_size_px=32, aspect="tiles"))
    with pytest.raises(DataError, match=r"1\.png: cannot be read as an image"):
        list(images.batches(2))


def test_an_image_is_as_anomalous_as_its_worst_tile() -> None:
    assert image_score([0.2, 0.7, 0.5], np.zeros((2, 2), np.float32), Protocol(aspect="tiles")) == 0.7


def test_the_score_of_a_padded_image_is_that_of_its_own_pixels() -> None:
    # The method's own score is what the padding made of it.
    assert image_score([9.0], np.array([[0.25, 0.5]], np.float32), Protocol(aspect="pad")) == 0.5


@pytest.mark.parametrize("aspect", ["keep", "square"])
def test_the_score_of_a_whole_image_is_the_method_s(aspect: str) -> None:
    assert image_score([9.0], np.zeros((2, 2), np.float32), Protocol(aspect=aspect)) == 9.0


def test_a_map_meets_its_mask_at_the_size_of_the_frame_or_of_the_image(tmp_path: Path) -> None:
    (path,) = written(tmp_path, [(40, 48)])
    map_YX = np.random.default_rng(0).random((32, 32), np.float32)
    assert at_resolution(map_YX, path, Protocol()) is map_YX
    own_YX = at_resolution(map_YX, path, Protocol(resolution="own"))
    assert own_YX.shape == (40, 48)
    assert map_YX.min() <= own_YX.min() < own_YX.max() <= map_YX.max()
