import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from harness.submissions import submission_faults
from tests.support import miniatures
from tests.support.submissions import private_images, write_submission

SIZES_PX = {"can": (37, 61), "rice": (43, 49), "walnuts": (51, 33)}
IMAGES = private_images(SIZES_PX)
MAPS, MASKS = "anomaly_images", "anomaly_images_thresholded"
MAP, MASK = f"{MAPS}/can/test_private/001_regular.tiff", f"{MASKS}/rice/test_private_mixed/000_mixed.png"


def map_of(values: np.ndarray) -> Callable[[Path], None]:
    photometric = "minisblack" if values.ndim == 2 else "rgb"
    return lambda folder: tifffile.imwrite(folder / MAP, values, photometric=photometric)


def mask_of(values: np.ndarray) -> Callable[[Path], None]:
    return lambda folder: Image.fromarray(values).save(folder / MASK)


def damaged(name: str) -> Callable[[Path], None]:
    return lambda folder: miniatures.truncate(folder / name)


def moved(old: str, new: str) -> Callable[[Path], None]:
    def move(folder: Path) -> None:
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / old).rename(folder / new)

    return move


def added(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"more")


NOT_FINITE = np.zeros((37, 61), np.float16)
NOT_FINITE[3, 4:6] = np.nan, np.inf
GREY = np.full((43, 49), 127, np.uint8)

SPOILED: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "no masks at all": (
        lambda folder: shutil.rmtree(folder / MASKS),
        [f"{{}}: expected 2 folders, found 1; missing {MASKS}"],
    ),
    "an object is missing": (
        lambda folder: shutil.rmtree(folder / MAPS / "walnuts"),
        [f"{{}}/{MAPS}: expected 3 folders, found 2; missing walnuts"],
    ),
    "a private set is missing": (
        lambda folder: shutil.rmtree(folder / MASKS / "can/test_private_mixed"),
        [f"{{}}/{MASKS}/can: expected 2 folders, found 1; missing test_private_mixed"],
    ),
    "a file is missing": (
        lambda folder: (folder / MAP).unlink(),
        [f"{{}}/{MAPS}/can/test_private: expected 2 files, found 1; missing 001_regular.tiff"],
    ),
    "a file too many": (
        added(f"{MASKS}/can/test_private/002_regular.png"),
        [f"{{}}/{MASKS}/can/test_private: expected 2 files, found 3; not expected: 002_regular.png"],
    ),
    "a file beside the folders": (
        added("log.txt"),
        ["{}: expected 2 folders, found 3; not expected: log.txt"],
    ),
    "a wrong suffix": (
        moved(MAP, MAP.removesuffix("f")),
        [f"{{}}/{MAP[:-1]}: expected the name 001_regular.tiff"],
    ),
    "two wrong suffixes": (
        lambda folder: (moved(MAP, MAP.removesuffix("f"))(folder), added(MAP.removesuffix("tiff") + "png")(folder)),
        [
            f"{{}}/{MAP.removesuffix('tiff')}png: expected the name 001_regular.tiff",
            f"{{}}/{MAP.removesuffix('f')}: expected the name 001_regular.tiff",
        ],
    ),
    "a wrong folder": (
        moved(f"{MAPS}/rice", f"{MAPS}/Rice"),
        [f"{{}}/{MAPS}: expected 3 folders, found 3; missing rice; not expected: Rice"],
    ),
    "a file in the wrong set": (
        moved(MASK, MASK.replace("_mixed/", "/")),
        [
            f"{{}}/{MASKS}/rice/test_private: expected 2 files, found 3; not expected: 000_mixed.png",
            f"{{}}/{MASKS}/rice/test_private_mixed: expected 2 files, found 1; missing 000_mixed.png",
        ],
    ),
    "a wrong size of a map": (
        map_of(np.zeros((61, 37), np.float16)),
        [f"{{}}/{MAP}: expected 37 x 61 pixels (height x width) as its image, got 61 x 37 pixels (height x width)"],
    ),
    "a wrong size of a mask": (
        mask_of(np.zeros((43, 48), np.uint8)),
        [f"{{}}/{MASK}: expected 43 x 49 pixels (height x width) as its image, got 43 x 48 pixels (height x width)"],
    ),
    "a wrong type": (map_of(np.zeros((37, 61), np.float32)), [f"{{}}/{MAP}: expected float16, got float32"]),
    "several channels of a map": (
        map_of(np.zeros((37, 61, 3), np.float16)),
        [f"{{}}/{MAP}: expected one channel, got an array of shape (37, 61, 3)"],
    ),
    "several channels of a mask": (
        mask_of(np.zeros((43, 49, 3), np.uint8)),
        [f"{{}}/{MASK}: expected one channel of 8 bits (mode L), got mode RGB"],
    ),
    "a map that is not finite": (map_of(NOT_FINITE), [f"{{}}/{MAP}: 2 values of its map are NaN or infinite"]),
    "other values of a mask": (mask_of(GREY), [f"{{}}/{MASK}: expected the values 0 and 255, got 127 too"]),
    "values of 0 and 1": (
        mask_of(np.eye(43, 49, dtype=np.uint8)),
        [f"{{}}/{MASK}: expected the values 0 and 255, got 1 too"],
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_submission(tmp_path_factory.mktemp("sound"), IMAGES)


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "submission")


def test_a_sound_folder_has_no_fault(sound: Path) -> None:
    assert list(submission_faults(sound, IMAGES)) == []


def test_the_order_of_the_images_does_not_count(sound: Path) -> None:
    assert list(submission_faults(sound, IMAGES[::-1])) == []


@pytest.mark.parametrize("name", SPOILED)
def test_every_way_of_spoiling_it_is_named(folder: Path, name: str) -> None:
    spoil, told = SPOILED[name]
    spoil(folder)
    assert list(submission_faults(folder, IMAGES)) == [line.format(folder) for line in told]


@pytest.mark.parametrize(("name", "kind"), [(MAP, "TIFF"), (MASK, "PNG")])
@pytest.mark.parametrize("spoil", [miniatures.truncate, lambda path: path.write_bytes(b"")])
def test_a_damaged_or_empty_file_is_named_with_a_reason(
    folder: Path, name: str, kind: str, spoil: Callable[[Path], None]
) -> None:
    spoil(folder / name)
    (fault,) = submission_faults(folder, IMAGES)
    assert fault.startswith(f"{folder / name}: cannot be read as {kind} (")
    assert "\n" not in fault


def test_a_missing_folder_is_one_fault(tmp_path: Path) -> None:
    assert list(submission_faults(tmp_path / "none", IMAGES)) == [f"{tmp_path / 'none'}: no such folder"]


def test_of_many_names_a_few_are_told(tmp_path: Path) -> None:
    images = private_images({"can": (5, 7)}, count=9)
    folder = write_submission(tmp_path, images)
    for path in (folder / MAPS / "can/test_private").iterdir():
        path.unlink()
    (fault,) = submission_faults(folder, images)
    assert fault.endswith(
        "expected 9 files, found 0; missing 000_regular.tiff, 001_regular.tiff, 002_regular.tiff, 003_regular.tiff and "
        "5 more"
    )
