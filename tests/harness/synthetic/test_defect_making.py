import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter, label

from harness.synthetic.defect_making import make_defects
from harness.synthetic.kinds import KINDS
from harness.synthetic.visible import GAP_PX, MAX_SHARE, VISIBLE_LEVELS

Images = NDArray[np.uint8]


def textures(num: int, side_px: int = 64, *, grey: bool = False) -> Images:
    rng = np.random.default_rng(7)
    grain = gaussian_filter(rng.standard_normal((num, side_px, side_px, 1 if grey else 3)), (0, 2, 2, 0))
    return np.broadcast_to(128 + 120 * grain, (num, side_px, side_px, 3)).clip(0, 255).astype(np.uint8)


def discs(num: int, side_px: int = 96) -> tuple[Images, NDArray[np.bool_]]:
    """A bright disc on a dark ground, both with grain, and where it is."""
    rows, columns = np.indices((side_px, side_px)) - side_px / 2
    disc = rows * rows + columns * columns < (side_px / 3) ** 2
    grain = np.random.default_rng(3).integers(-4, 5, (num, side_px, side_px, 1))
    return (np.where(disc, 180, 40)[None, :, :, None] + grain + np.zeros(3, np.int64)).astype(np.uint8), disc


def visible(normal: Images, made: Images) -> NDArray[np.bool_]:
    levels = np.abs(normal.astype(np.int64) - made.astype(np.int64)).max(axis=-1)
    return np.asarray(levels >= VISIBLE_LEVELS)


def check_exact(normal: Images, made: Images, mask: NDArray[np.bool_]) -> None:
    seen = visible(normal, made)
    assert mask.any()
    assert not (seen & ~mask).any()
    changed = (normal != made).any(axis=-1)
    pieces, num = label(changed | mask, np.ones((3, 3)))
    assert set(range(1, num + 1)) == set(pieces[mask])
    assert 2 * np.count_nonzero(mask) >= np.count_nonzero(changed)
    assert mask.mean() <= MAX_SHARE
    assert not (mask & ~binary_dilation(seen & mask, np.ones((3, 3)), iterations=GAP_PX)).any()
    assert 2 * np.count_nonzero(seen & mask) >= np.count_nonzero(mask)


ANY_IMAGES = st.tuples(st.integers(1, 3), st.integers(16, 40), st.integers(16, 40)).flatmap(
    lambda size: arrays(np.uint8, (*size, 3), elements=st.integers(0, 255), fill=st.integers(0, 255))
)


@settings(max_examples=25, deadline=None)
@given(images=ANY_IMAGES, seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS))
def test_any_image_gets_a_defect_that_is_exactly_where_its_mask_is(images: Images, seed: int, kind: str) -> None:
    made = make_defects(images, seed, [kind])
    for number in range(len(images)):
        check_exact(images[number], made.images_NHWC[number], made.masks_NHW[number])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0, 127, 128, 255])
def test_a_defect_shows_on_an_image_of_one_colour(kind: str, level: int) -> None:
    images = np.full((2, 48, 64, 3), level, np.uint8)
    made = make_defects(images, 0, [kind])
    for number in range(2):
        check_exact(images[number], made.images_NHWC[number], made.masks_NHW[number])


def test_a_checkerboard_of_black_and_white_gets_a_defect_of_each_kind() -> None:
    board = np.indices((len(KINDS), 32, 32)).sum(axis=0)[..., None] % 2 * np.full(3, 255)
    images = board.astype(np.uint8)
    made = make_defects(images, 0)
    for number in range(len(KINDS)):
        check_exact(images[number], made.images_NHWC[number], made.masks_NHW[number])


def test_kinds_take_turns() -> None:
    made = make_defects(textures(12), 0)
    assert made.kinds == (*KINDS, *KINDS[:5])
    assert made.images_NHWC.shape == (12, 64, 64, 3)
    assert made.images_NHWC.dtype == np.uint8
    assert made.masks_NHW.shape == (12, 64, 64)
    assert made.masks_NHW.dtype == np.bool_
    assert Counter(make_defects(textures(4), 0, ["scratch", "cut_paste"]).kinds) == {"scratch": 2, "cut_paste": 2}


def test_equal_seeds_give_equal_bits_and_others_do_not() -> None:
    images = textures(5)
    first, again, other = make_defects(images, 3), make_defects(images.copy(), 3), make_defects(images, 4)
    np.testing.assert_array_equal(first.images_NHWC, again.images_NHWC)
    np.testing.assert_array_equal(first.masks_NHW, again.masks_NHW)
    assert all((one != two).any() for one, two in zip(first.masks_NHW, other.masks_NHW, strict=True))


def test_bits_are_those_of_every_machine() -> None:
    rows, columns = np.indices((96, 128))
    images = np.stack([(rows * columns + 31 * number) % 97 + 40 for number in range(42)])
    made = make_defects(np.repeat(images[..., None], 3, axis=-1).astype(np.uint8), 5)
    content = made.images_NHWC.tobytes() + made.masks_NHW.tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "c1e381dc86b4f6df"


def test_the_given_images_are_left_alone() -> None:
    images = textures(5)
    before = images.copy()
    images.flags.writeable = False
    make_defects(images, 0)
    np.testing.assert_array_equal(images, before)


def test_defects_are_from_small_to_large() -> None:
    made = make_defects(textures(70, grey=True), 0)
    shares = made.masks_NHW.mean(axis=(1, 2))
    assert 0.0004 <= shares.min() < 0.004
    assert 0.2 < shares.max() <= MAX_SHARE
    assert 0.002 < np.median(shares) < 0.05


def test_scratches_are_thin() -> None:
    made = make_defects(textures(6, 192), 0, ["scratch"])
    for mask in made.masks_NHW:
        regions, num = label(mask, np.ones((3, 3)))
        longest = max(np.ptp(np.nonzero(regions == one), axis=1).max() for one in range(1, num + 1))
        assert mask.sum() < 6 * num * longest  # 3 px and their edge


def test_grey_images_get_grey_defects() -> None:
    made = make_defects(textures(10, grey=True), 1)
    assert (made.images_NHWC == made.images_NHWC[..., :1]).all()


def test_a_part_before_a_background_is_where_defects_lie() -> None:
    images, disc = discs(20)
    made = make_defects(images, 0)
    changed = (made.images_NHWC != images).any(axis=-1)
    assert not ((made.masks_NHW | changed) & ~binary_dilation(disc, iterations=2)).any()


@pytest.mark.parametrize(
    ("images", "came"),
    [
        (np.zeros((1, 32, 32, 3), np.float32), "float32 of shape (1, 32, 32, 3)"),
        (np.zeros((32, 32, 3), np.uint8), "uint8 of shape (32, 32, 3)"),
        (np.zeros((1, 32, 32, 1), np.uint8), "uint8 of shape (1, 32, 32, 1)"),
        (np.zeros((0, 32, 32, 3), np.uint8), "uint8 of shape (0, 32, 32, 3)"),
    ],
)
def test_other_arrays_are_refused(images: Images, came: str) -> None:
    with pytest.raises(ValueError, match=r"must be uint8 of shape \(N, H, W, 3\)") as refused:
        make_defects(images, 0)
    assert came in str(refused.value)


def test_tiny_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 px on each side, got 32 x 15 px"):
        make_defects(np.zeros((1, 32, 15, 3), np.uint8), 0)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        make_defects(textures(1), -1)


@pytest.mark.parametrize(
    ("kinds", "came"), [(["scrach"], "scrach"), ([], "none"), (["scratch", "scratch"], "scratch, scratch")]
)
def test_other_kinds_are_refused(kinds: list[str], came: str) -> None:
    with pytest.raises(ValueError, match=f"kinds must be some of cut_paste, .*, each once; got {came}"):
        make_defects(textures(1), 0, kinds)
