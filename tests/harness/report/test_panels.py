from pathlib import Path

import numpy as np
import pytest
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray

from harness.report.panels import save_defect_examples, save_panel

HEIGHT, WIDTH = 48, 64
IMAGE_HW3 = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
MAP_HW = np.linspace(0, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
OUTLINE = np.array([0, 0xE5, 0xFF]) / 255


def drawn(
    path: Path, mask_HW: NDArray[np.bool_] | None, map_HW: NDArray[np.float32] = MAP_HW, **more: float
) -> NDArray[np.float32]:
    save_panel(path, IMAGE_HW3, mask_HW, map_HW, title="demo/tile 000.png $", map_range=(0.0, 1.0), **more)
    return np.asarray(imread(path))[..., :3]


def outline_pixels(picture: NDArray[np.float32]) -> int:
    return int((np.abs(picture - OUTLINE).max(axis=-1) < 0.05).sum())


def test_a_mask_is_outlined(tmp_path: Path) -> None:
    mask_HW = np.zeros((HEIGHT, WIDTH), bool)
    mask_HW[10:20, 10:30] = True
    assert outline_pixels(drawn(tmp_path / "new" / "panel.png", mask_HW)) > 100


def test_a_mask_of_the_whole_image_is_outlined(tmp_path: Path) -> None:
    assert outline_pixels(drawn(tmp_path / "panel.png", np.ones((HEIGHT, WIDTH), bool))) > 100


@pytest.mark.parametrize("mask_HW", [None, np.zeros((HEIGHT, WIDTH), bool)])
def test_no_defect_draws_no_outline(tmp_path: Path, mask_HW: NDArray[np.bool_] | None) -> None:
    assert outline_pixels(drawn(tmp_path / "panel.png", mask_HW)) == 0


def test_a_constant_map_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "panel.png"
    save_panel(path, IMAGE_HW3, None, np.zeros_like(MAP_HW), title="t", map_range=(0.0, 0.0), anomaly_score=0.0)
    assert path.stat().st_size > 0


def test_a_wide_image_is_stacked(tmp_path: Path) -> None:
    path = tmp_path / "panel.png"
    save_panel(path, IMAGE_HW3[:16], None, MAP_HW[:16], title="t", map_range=(0.0, 1.0))
    height, width = imread(path).shape[:2]
    assert height < 2 * width


def test_without_a_mask_there_is_no_picture_of_a_defect(tmp_path: Path) -> None:
    two, three = drawn(tmp_path / "good.png", None), drawn(tmp_path / "defect.png", np.zeros((HEIGHT, WIDTH), bool))
    assert two.shape[0] == three.shape[0]
    assert two.shape[1] < 0.75 * three.shape[1]


@pytest.mark.parametrize(
    ("map_range", "extend"),
    [((0.0, 1.0), "neither"), ((0.1, 1.0), "min"), ((0.0, 0.9), "max"), ((0.1, 0.9), "both")],
)
def test_the_colour_scale_points_to_values_beyond_its_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, map_range: tuple[float, float], extend: str
) -> None:
    bars: list[Colorbar] = []
    of_figure = Figure.colorbar

    def kept(*arguments: object, **more: object) -> Colorbar:
        bars.append(of_figure(*arguments, **more))
        return bars[-1]

    monkeypatch.setattr(Figure, "colorbar", kept)
    save_panel(tmp_path / "panel.png", IMAGE_HW3, None, MAP_HW, title="t", map_range=map_range)
    (bar,) = bars
    assert (bar.extend, bar.vmin, bar.vmax, bar.ax.get_ylabel()) == (extend, *map_range, "anomaly")


def test_sizes_that_differ_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Image \(48, 64, 3\), mask None and map \(24, 64\) must be"):
        save_panel(tmp_path / "panel.png", IMAGE_HW3, None, MAP_HW[:24], title="t", map_range=(0.0, 1.0))


def test_examples_of_defects_stand_in_rows(tmp_path: Path) -> None:
    normal_NHW3 = np.repeat(IMAGE_HW3[None], 2, axis=0)
    masks_NHW = np.zeros((2, HEIGHT, WIDTH), bool)
    masks_NHW[:, 4:20, 4:20] = True
    defect_NHW3 = np.where(masks_NHW[..., None], np.array([255, 0, 0], np.uint8), normal_NHW3)
    path = tmp_path / "new" / "examples.png"
    save_defect_examples(path, normal_NHW3, defect_NHW3, masks_NHW, title="demo/tile: scratch")
    picture = imread(path)[..., :3]
    red = (picture == [1.0, 0.0, 0.0]).all(axis=-1)
    assert red[: len(red) // 2].any()
    assert red[len(red) // 2 :].any()


def test_examples_whose_sizes_differ_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"and masks \(2, 48, 64\) must be"):
        save_defect_examples(
            tmp_path / "examples.png", IMAGE_HW3[None], IMAGE_HW3[None], np.zeros((2, HEIGHT, WIDTH), bool), title="t"
        )
