import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from harness.errors import SettingsError, UnknownNameError
from harness.images import Corruption, ImageSet, check_corruption, read_scaled
from harness.images.corruption import NAMES
from tests.support.miniatures import write_image

DEGRADING = ("noise", "blur", "brightness", "contrast", "jpeg")
MOVING = ("shift", "rotation")


def texture(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.random((height, width, 3)), (1, 1, 0))
    return (60 + 120 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)


def difference(pixels: NDArray[np.uint8], corruption: Corruption) -> float:
    changed = corruption.degraded(corruption.moved(pixels))
    assert (changed.shape, changed.dtype) == (pixels.shape, np.uint8)
    return float(np.abs(changed.astype(float) - pixels).mean())


@pytest.mark.parametrize("name", NAMES)
def test_every_severity_changes_an_image_more_than_the_one_before(name: str) -> None:
    found = [difference(texture(), Corruption.of(f"{name}:{severity}", 0, "a.png")) for severity in range(1, 6)]
    assert found[0] > 0
    assert found == sorted(found)
    assert found[4] > 1.2 * found[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_always_corrupted_alike(name: str) -> None:
    one, other = (Corruption.of(f"{name}:3", 7, "a.png") for _ in range(2))
    assert np.array_equal(one.degraded(one.moved(texture())), other.degraded(other.moved(texture())))


@pytest.mark.parametrize("name", ["noise", "shift"])
def test_another_seed_or_image_is_drawn_anew(name: str) -> None:
    changed = [Corruption.of(f"{name}:5", *of) for of in ((0, "a.png"), (1, "a.png"), (0, "b.png"))]
    results = [each.degraded(each.moved(texture())) for each in changed]
    assert not any(np.array_equal(results[0], other) for other in results[1:])


@pytest.mark.parametrize("name", DEGRADING)
def test_light_and_focus_leave_a_mask_alone(name: str) -> None:
    mask = texture()[..., 0] > 120
    assert Corruption.of(f"{name}:5", 0, "a.png").moved(mask) is mask


@pytest.mark.parametrize("name", MOVING)
def test_a_mask_moves_with_what_it_marks(name: str) -> None:
    mask = np.zeros((96, 128), np.bool_)
    mask[30:50, 20:60] = True
    for image_id in ("a.png", "b.png", "c.png"):
        corruption = Corruption.of(f"{name}:5", 0, image_id)
        moved = corruption.moved(mask)
        assert moved.dtype == np.bool_
        assert not np.array_equal(moved, mask)
        seen = corruption.moved(np.repeat(255 * mask[..., None].astype(np.uint8), 3, axis=2))[..., 0] > 127
        # Interpolated and nearest pixels may differ at the very edge.
        assert np.mean(seen != moved) < 0.004


def test_a_shift_moves_whole_pixels_and_repeats_the_edge() -> None:
    pixels = texture()
    moved = Corruption.of("shift:5", 0, "a.png").moved(pixels)
    inner = moved[10:-10, 10:-10]
    fits = [
        (down, right)
        for down in range(-7, 8)
        for right in range(-7, 8)
        if np.array_equal(inner, pixels[10 - down : 86 - down, 10 - right : 118 - right])
    ]
    ((down, right),) = fits
    assert 0 < np.hypot(down / 96, right / 128) <= 0.06
    rows, columns = np.arange(96) - down, np.arange(128) - right
    assert np.array_equal(moved, pixels[rows.clip(0, 95)][:, columns.clip(0, 127)])


def test_a_rotation_agrees_with_another_library() -> None:
    pixels = texture()
    moved = Corruption.of("rotation:4", 0, "a.png").moved(pixels)
    turned = [ndimage.rotate(pixels, angle, order=1, reshape=False, mode="nearest") for angle in (5, -5)]
    errors = [np.abs(moved.astype(float) - other)[20:-20, 20:-20].mean() for other in turned]
    assert min(errors) < 1 < max(errors)


def test_noise_has_the_spread_of_its_severity() -> None:
    grey = np.full((128, 128, 3), 128, np.uint8)
    noisy = Corruption.of("noise:2", 0, "a.png").degraded(grey)
    assert (noisy.astype(float) - 128).std() == pytest.approx(0.04 * 255, rel=0.03)


def test_images_of_a_set_and_of_its_selections_are_corrupted_after_scaling(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"{number}.png" for number in range(3))
    for number, path in enumerate(paths):
        write_image(path, number)
    ids = tuple(path.name for path in paths)
    corruptions = tuple(Corruption.of("noise:3", 0, name) for name in ids)
    clean = ImageSet(ids=ids, paths=paths, size_px=(16, 24), key="clean")
    noisy = ImageSet(ids=ids, paths=paths, size_px=(16, 24), key="noisy", corruptions=corruptions)
    assert np.array_equal(noisy[2], corruptions[2].degraded(clean[2]))
    assert np.array_equal(noisy.select([2, 0])[0], noisy[2])
    assert np.array_equal(read_scaled(paths[2], [(16, 24)], corruptions[2])[16, 24], noisy[2])
    with pytest.raises(ValueError, match="one corruption for each id; got 3 ids, 2 corruptions"):
        ImageSet(ids=ids, paths=paths, size_px=(16, 24), key="", corruptions=corruptions[:2])


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("noice:3", UnknownNameError, "Unknown corruption 'noice'. Did you mean 'noise'?"),
        ("noise", SettingsError, "--corrupt: expected noise:1 to noise:5, got 'noise'."),
        ("noise:6", SettingsError, "expected noise:1 to noise:5, got 'noise:6'."),
        ("noise:2.5", SettingsError, "got 'noise:2.5'."),
        ("", UnknownNameError, "Unknown corruption ''."),
    ],
)
def test_what_is_no_corruption_is_named(text: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=re.escape(told)):
        check_corruption(text)
