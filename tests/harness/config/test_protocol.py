from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.config import Protocol

SIZES = st.integers(1, 16).map(lambda count: 32 * count)
ASPECTS = st.floats(0.05, 20)


@settings(deadline=None)
@given(SIZES, ASPECTS)
def test_the_shorter_side_is_what_was_asked_and_both_fit_the_stride(size: int, aspect: float) -> None:
    height, width = Protocol(image_size_px=size).size_for(aspect)
    assert min(height, width) == size
    assert height % 32 == width % 32 == 0


@settings(deadline=None)
@given(SIZES, ASPECTS)
def test_the_longer_side_follows_the_aspect_to_half_a_step(size: int, aspect: float) -> None:
    long = max(Protocol(image_size_px=size).size_for(aspect))
    assert abs(long - size * max(aspect, 1 / aspect)) <= 16 + 1e-6


@settings(deadline=None)
@given(SIZES, ASPECTS)
def test_a_lying_image_is_a_standing_one_turned(size: int, aspect: float) -> None:
    # 1 / aspect is rounded, and decides at exactly half a step.
    assume(abs(size * max(aspect, 1 / aspect) / 32 % 1 - 0.5) > 1e-6)
    protocol = Protocol(image_size_px=size)
    assert protocol.size_for(1 / aspect) == protocol.size_for(aspect)[::-1]


@pytest.mark.parametrize(
    ("aspect", "size_px"), [(1.0, (64, 64)), (2.5, (160, 64)), (0.4, (64, 160)), (1.1, (64, 64)), (1.3, (96, 64))]
)
def test_tall_images_stay_tall(aspect: float, size_px: tuple[int, int]) -> None:
    assert Protocol(image_size_px=64).size_for(aspect) == size_px


@settings(deadline=None)
@given(ASPECTS)
def test_square_ignores_the_aspect(aspect: float) -> None:
    assert Protocol(image_size_px=64, aspect="square").size_for(aspect) == (64, 64)


def test_the_key_holds_every_choice() -> None:
    assert Protocol().key() == "mfrnet-bench-1/192/keep/127"
    assert Protocol(image_size_px=64, aspect="square", mask_threshold=0).key() == "mfrnet-bench-1/64/square/0"


@pytest.mark.parametrize(
    ("choices", "key"),
    [
        ({"aspect": "pad"}, "mfrnet-bench-1/192/pad/127"),
        ({"resolution": "own"}, "mfrnet-bench-1/192/keep/127/own"),
        ({"aspect": "tiles"}, "mfrnet-bench-1/192/tiles-0.25/127"),
        ({"aspect": "tiles", "tile_overlap": 0.25}, "mfrnet-bench-1/192/tiles-0.25/127"),
        ({"aspect": "tiles", "tile_overlap": 0.5, "tiled_size_px": 384}, "mfrnet-bench-1/192/tiles-0.5-of-384/127"),
    ],
)
def test_what_came_later_is_in_the_key_where_it_is_used(choices: dict[str, Any], key: str) -> None:
    assert Protocol(**choices).key() == key


def test_a_padded_category_has_the_frame_of_one_that_keeps_its_aspect() -> None:
    assert Protocol(image_size_px=64, aspect="pad").size_for(2.5) == Protocol(image_size_px=64).size_for(2.5)


def test_tiles_are_square() -> None:
    assert Protocol(image_size_px=64, aspect="tiles").size_for(2.5) == (64, 64)


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        ({"tile_overlap": 0.5}, "tile_overlap needs aspect 'tiles', got aspect 'keep'"),
        ({"aspect": "pad", "tiled_size_px": 384}, "tiled_size_px needs aspect 'tiles', got aspect 'pad'"),
        (
            {"aspect": "tiles", "tiled_size_px": 128},
            "expected tiled_size_px of at least image_size_px = 192, got 128",
        ),
    ],
)
def test_choices_that_do_not_go_together_are_refused(choices: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Protocol(**choices)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", "mine", "mfrnet-bench-1"),
        ("image_size_px", 100, "multiple of 32"),
        ("image_size_px", 0, "greater than or equal to 32"),
        ("image_size_px", 8192, "less than or equal to 4096"),
        ("image_size_px", "192", "valid integer"),
        ("aspect", "crop", "'keep', 'square', 'pad' or 'tiles'"),
        ("tile_overlap", 0.8, "less than or equal to 0.75"),
        ("tile_overlap", -0.1, "greater than or equal to 0"),
        ("tiled_size_px", 16, "greater than or equal to 32"),
        ("resolution", "full", "'frame' or 'own'"),
        ("mask_threshold", 255, "less than or equal to 254"),
        ("mask_threshold", -1, "greater than or equal to 0"),
        ("max_fpr", 0.3, "not permitted"),
    ],
)
def test_a_choice_out_of_range_is_refused(field: str, value: Any, text: str) -> None:
    with pytest.raises(ValidationError, match=rf"{field}\n.*{text}"):
        Protocol(**{field: value})
