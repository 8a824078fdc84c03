import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from harness.synthetic.foreground import foreground

SIDE_PX = 96


def scene(part: NDArray[np.bool_], inside: int, outside: int) -> NDArray[np.uint8]:
    grain = np.random.default_rng(0).integers(-3, 4, (*part.shape, 1))
    return (np.where(part, inside, outside)[..., None] + grain + np.zeros(3, np.int64)).astype(np.uint8)


def disc(row: float = SIDE_PX / 2, radius: float = 30) -> NDArray[np.bool_]:
    rows, columns = np.indices((SIDE_PX, SIDE_PX))
    return np.asarray((rows - row) ** 2 + (columns - SIDE_PX / 2) ** 2 < radius**2)


def agreement(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


def test_a_part_is_told_from_a_darker_or_a_brighter_ground() -> None:
    for inside, outside in ((180, 30), (60, 220)):
        assert agreement(foreground(scene(disc(), inside, outside)), disc()) > 0.95


def test_a_part_may_leave_the_image() -> None:
    part = disc(row=4)
    assert agreement(foreground(scene(part, 180, 30)), part) > 0.95


def test_a_hole_belongs_to_the_part() -> None:
    part = disc() & ~disc(radius=10)
    assert agreement(foreground(scene(part, 180, 30)), disc()) > 0.95


def test_one_colour_is_part_everywhere() -> None:
    assert foreground(np.full((SIDE_PX, SIDE_PX, 3), 90, np.uint8)).all()


def test_a_texture_is_part_everywhere() -> None:
    grain = gaussian_filter(np.random.default_rng(1).standard_normal((SIDE_PX, SIDE_PX)), 3)
    texture = (128 + 40 * grain / grain.std()).clip(0, 255).astype(np.uint8)
    assert foreground(np.repeat(texture[..., None], 3, axis=2)).all()


def test_shading_is_no_edge() -> None:
    rows, columns = np.indices((SIDE_PX, SIDE_PX)) - SIDE_PX / 2
    bright = (220 - 100 * np.minimum(1, np.hypot(rows, columns) / (SIDE_PX / 2))).astype(np.uint8)
    assert foreground(np.repeat(bright[..., None], 3, axis=2)).all()


def test_components_on_a_board_are_details_of_a_surface() -> None:
    part = np.zeros((SIDE_PX, SIDE_PX), bool)
    for row in (16, 48, 72):
        for column in (16, 48, 72):
            part[row : row + 12, column : column + 12] = True
    assert foreground(scene(part, 180, 30)).all()
