from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mfrnet import MFRNet, MFRNetSettings, images_array, load_backbone

SETTINGS = MFRNetSettings(
    backbone="filter_bank", layers=(1, 2), grid_stride_px=8, width=16, num_heads=2, depth=1, steps=2, cell=1
)
NHW3 = np.random.default_rng(0).integers(0, 256, (5, 64, 48, 3), dtype=np.uint8)


def files(folder: Path, images_NHW3: NDArray[np.uint8] = NHW3) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(len(images_NHW3))]
    for path, image_HW3 in zip(paths, images_NHW3, strict=True):
        Image.fromarray(image_HW3).save(path)
    return paths


def model() -> MFRNet:
    return MFRNet(SETTINGS, load_backbone(SETTINGS))


def test_an_array_is_taken_as_it_is() -> None:
    assert images_array(NHW3) is NHW3


def test_names_paths_and_pillow_images_are_the_same_pixels(tmp_path: Path) -> None:
    paths = files(tmp_path)
    assert np.array_equal(images_array(paths), NHW3)
    assert np.array_equal(images_array([str(path) for path in paths]), NHW3)
    assert np.array_equal(images_array([Image.fromarray(image_HW3) for image_HW3 in NHW3]), NHW3)


def test_files_give_the_maps_of_their_pixels_to_the_last_bit(tmp_path: Path) -> None:
    of_files, of_arrays = model(), model()
    of_files.fit(files(tmp_path))
    of_arrays.fit(NHW3)
    maps_of_files = of_files.anomaly_map([str(path) for path in files(tmp_path)[:2]]).maps_BHW
    assert np.array_equal(maps_of_files, of_arrays.anomaly_map(NHW3[:2]).maps_BHW)


def test_grey_palette_and_alpha_files_become_rgb(tmp_path: Path) -> None:
    grey = Image.fromarray(NHW3[0, ..., 0])
    see_through = grey.convert("RGBA")
    see_through.putalpha(7)
    paths = [tmp_path / f"{name}.png" for name in ("grey", "palette", "alpha")]
    for path, image in zip(paths, (grey, grey.convert("P"), see_through), strict=True):
        image.save(path)
    assert np.array_equal(images_array(paths), np.repeat(np.repeat(NHW3[:1, ..., :1], 3, axis=-1), 3, axis=0))


def test_a_palette_with_transparency_warns_about_nothing(tmp_path: Path) -> None:
    palette = Image.fromarray(NHW3[0, ..., 0]).convert("P")
    palette.save(tmp_path / "palette.png", transparency=bytes(range(256)))
    assert images_array([tmp_path / "palette.png"]).shape == (1, 64, 48, 3)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    turned = Image.fromarray(NHW3[0])
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "photo.png", exif=exif)
    assert np.array_equal(images_array([tmp_path / "photo.png"])[0], np.rot90(NHW3[0], -1))


@pytest.mark.parametrize(
    ("images", "text"),
    [
        (NHW3 / 255, r"got float64 of shape \(5, 64, 48, 3\)\. Multiply values of 0 to 1 by 255 and cast"),
        (NHW3.astype(np.float32), r"got float32 .*\. Cast values of 0 to 255: images\.round\(\)"),
        (NHW3.astype(np.int64), r"got int64 .*\. Cast values of 0 to 255: images\.astype"),
        (NHW3.astype(np.uint16), r"got uint16 .*\. Keep the upper 8 of 16 bits"),
        (NHW3 > 9, r"got bool .*\. Values must be whole numbers of 0 to 255"),
        (NHW3[..., 0], r"got uint8 of shape \(5, 64, 48\)\. For grey images, repeat the channel: np\.repeat"),
        (NHW3[0], r"got uint8 of shape \(64, 48, 3\)\. For a single image, add an axis: images\[None\]"),
        (NHW3[0, ..., 0], r"got \w+ of shape \(64, 48\)\. For a single grey image: np\.repeat"),
        (
            NHW3[..., :1],
            r"got \w+ of shape \(5, 64, 48, 1\)\. For grey images, repeat the channel: np\.repeat\(images, 3",
        ),
        (NHW3[..., [0, 1, 2, 0]], r"got \w+ of shape \(5, 64, 48, 4\)\. Drop the alpha channel"),
        (NHW3.transpose(0, 3, 1, 2), r"got \w+ of shape \(5, 3, 64, 48\)\. Move the channels to the end"),
        (NHW3[..., :1].transpose(0, 3, 1, 2), r"got \w+ of shape \(5, 1, 64, 48\)\. Move the grey channel to the end"),
        (NHW3[..., :2], r"got \w+ of shape \(5, 64, 48, 2\)\. The axes are images, rows, columns and the channels"),
        (NHW3[..., 0] / 255, r"got float64 of shape \(5, 64, 48\)\. For grey images, repeat .* Multiply values"),
        (NHW3[:0], r"got uint8 of shape \(0, 64, 48, 3\), which holds no pixel\. Give at least one image"),
        (np.zeros((2, 0, 4, 3)), r"got \w+ of shape \(2, 0, 4, 3\), which holds no pixel"),
        ([], r"got an empty list\. Give at least one image"),
        ("part.png", r"got one alone, 'part\.png'\. Put it into a list: \[image\]"),
        (Path("part.png"), r"got one alone, 'part\.png'"),
        (Image.new("RGB", (4, 3)), r"got one alone, the Pillow image \(4, 3\)"),
        (list(NHW3), r"got a list of arrays\. Stack arrays of one shape: np\.stack\(images\)"),
        ([3], r"got a list that holds int"),
        (None, r"got NoneType\. Put the images into a list or an array"),
        (Path().glob("*.png"), r"got \w[\w.]*\. Make it a list, in a fixed order: sorted\(\.\.\.\)"),
    ],
)
def test_anything_else_is_refused_with_what_came_and_what_to_do(images: Any, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^Expected images as uint8 N x H x W x 3, or a list of .*; {text}"):
        images_array(images)


def test_a_tensor_is_refused_with_the_way_to_an_array() -> None:
    import torch

    with pytest.raises(ValueError, match=r"got torch\.Tensor\. Turn a tensor into an array: images\.cpu\(\)\.numpy"):
        images_array(torch.zeros(1, 8, 8, 3))  # type: ignore[arg-type]


def test_fit_and_anomaly_map_check_what_they_are_given() -> None:
    fresh = model()
    with pytest.raises(ValueError, match="got float64 of shape"):
        fresh.fit(NHW3 / 255)  # type: ignore[arg-type]
    fresh.fit(NHW3)
    with pytest.raises(ValueError, match="For grey images, repeat the channel"):
        fresh.anomaly_map(NHW3[..., 0])


def test_files_of_another_size_are_named(tmp_path: Path) -> None:
    paths = files(tmp_path)
    Image.new("RGB", (30, 20)).save(paths[3])
    with pytest.raises(
        ValueError, match=r"3\.png has 20 x 30 px \(height x width\), .*0\.png has 64 x 48\. Resize or crop"
    ):
        images_array(paths)


def test_pillow_images_of_another_size_are_numbered() -> None:
    with pytest.raises(ValueError, match=r"image 1 has 4 x 4 px \(height x width\), image 0 has 8 x 8"):
        images_array([Image.new("RGB", (8, 8)), Image.new("RGB", (4, 4))])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    paths = files(tmp_path)
    paths[2].write_bytes(paths[2].read_bytes()[:200])
    with pytest.raises(ValueError, match=r"2\.png: cannot be read as an image \("):
        images_array(paths)


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not an image")
    with pytest.raises(ValueError, match=r"notes\.png: cannot be read as an image \("):
        images_array([tmp_path / "notes.png"])


def test_a_file_of_16_bits_is_refused_and_not_clipped(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "wide.png")
    with pytest.raises(ValueError, match=r"wide\.png: expected 8 bits a channel, got pixels of Pillow's mode 'I;16'"):
        images_array([tmp_path / "wide.png"])


def test_a_folder_is_refused_with_the_way_to_its_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected an image file, got a folder\. List its files: sorted"):
        images_array([tmp_path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        images_array([tmp_path / "nowhere.png"])
