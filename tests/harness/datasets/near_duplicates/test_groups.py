from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.datasets.near_duplicates import TwinGroup, detail, find_groups, thumbnail
from harness.datasets.near_duplicates.groups import MIN_FOR_SPREAD
from tests.support.parts import photographs, plate, screw
from tests.support.photographs import SIDE_PX, exposures, photograph, surface


def found_in(images: list[NDArray[np.uint8]]) -> tuple[TwinGroup, ...]:
    contents = [str(image.tobytes()) for image in images]
    return find_groups(contents, [thumbnail(image) for image in images], [detail(image) for image in images])


def groups_of(images: list[NDArray[np.uint8]]) -> list[tuple[int, ...]]:
    return [group.members for group in found_in(images)]


def test_exposures_of_one_surface_are_one_group_and_surfaces_are_apart() -> None:
    images = [pixels for seed in range(10) for pixels in exposures(seed)]
    images += [photograph(surface(seed)) for seed in range(100, 110)]
    assert groups_of(images) == [tuple(range(start, start + 4)) for start in range(0, 40, 4)]


def test_the_order_of_the_images_changes_nothing() -> None:
    images = [pixels for seed in range(8) for pixels in exposures(seed)]
    order = np.random.default_rng(0).permutation(len(images))
    shuffled = groups_of([images[index] for index in order])
    assert {frozenset(order[list(group)].tolist()) for group in shuffled} == {frozenset(g) for g in groups_of(images)}


def test_parts_of_one_shape_are_no_twins_and_a_copy_saved_again_is() -> None:
    # Upright parts under one lamp: nearly everything is common to all.
    common = surface(0)
    images = [photograph(np.clip(common + 0.3 * (surface(seed) - 0.5), 0, 1), seed=seed) for seed in range(1, 41)]
    assert groups_of(images) == []
    assert groups_of([*images, np.maximum(images[3], 1) - 1]) == [(3, 40)]


def test_grain_without_anything_in_common_makes_no_groups() -> None:
    rng = np.random.default_rng(0)
    assert groups_of([rng.integers(90, 140, (40, 48), dtype=np.uint8) for _ in range(60)]) == []


def test_among_few_images_only_one_that_was_saved_again_is_a_twin() -> None:
    images = exposures(0)
    assert len(images) < MIN_FOR_SPREAD
    assert groups_of(images) == []
    assert groups_of([*images, np.maximum(images[2], 1) - 1]) == [(2, 4)]


def test_equal_files_are_a_group_even_if_nothing_can_be_seen() -> None:
    assert find_groups(["a", "b", "a", "c", "b"], [None] * 5, [None] * 5) == (
        TwinGroup((0, 2), 1),
        TwinGroup((1, 4), 1),
    )


def test_counts_the_different_files_of_a_group() -> None:
    images = [pixels for seed in range(10) for pixels in exposures(seed)]
    images.append(images[0])
    first, *_ = found_in(images)
    assert (first.members, first.num_contents) == ((0, 1, 2, 3, 40), 4)


def test_an_image_of_one_colour_is_no_twin_of_another() -> None:
    images = [np.full((SIDE_PX, SIDE_PX), grey, np.uint8) for grey in (10, 20, 30)]
    assert groups_of(images) == []


def test_no_image_has_no_twin() -> None:
    assert find_groups([], [], []) == ()


def test_refuses_thumbnails_that_are_not_one_a_content() -> None:
    with pytest.raises(ValueError, match="expected a thumbnail and a detail for each of 2 contents, got 1 and 2"):
        find_groups(["a", "b"], [None], [None, None])


@pytest.mark.parametrize("make", [screw, plate])
def test_parts_that_look_alike_are_not_accused(make: Callable[[np.random.Generator], NDArray[np.float64]]) -> None:
    # Of 100 screws in any pose, thumbnails alone put nearly all into one group.
    images, _, _ = photographs(make, 100, 0)
    assert groups_of(images) == []


@pytest.mark.parametrize(("make", "num_parts"), [(screw, 250), (plate, 100)])
def test_second_photographs_are_found_among_parts_that_look_alike(
    make: Callable[[np.random.Generator], NDArray[np.float64]], num_parts: int
) -> None:
    images, parts, _ = photographs(make, num_parts, 10)
    pairs = {(row, row + 1) for row in range(len(parts) - 1) if parts[row] == parts[row + 1]}
    found = set(groups_of(images))
    assert found <= pairs
    assert len(found) >= 8


def test_says_how_sure_it_is() -> None:
    images = [pixels for seed in range(10) for pixels in exposures(seed)]
    copied = [*images, images[0], images[5]]
    assert all(0.99 <= group.confidence <= 1.0 for group in found_in(copied))
    assert find_groups(["a", "a"], [None] * 2, [None] * 2)[0].confidence == 1.0
