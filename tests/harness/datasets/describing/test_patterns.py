from pathlib import Path, PurePosixPath

import pytest

from harness.datasets.describing.patterns import patterns_for

ITEMS = [f"kos{item:02d}/Part{part}" for item in range(1, 6) for part in range(3)]


def files(folder: Path, *names: str) -> set[PurePosixPath]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return {PurePosixPath(name) for name in names}


@pytest.mark.parametrize(
    ("images", "others", "patterns"),
    [
        (["a/0.png", "a/1.png"], [], ["a"]),
        (["a/0.png", "b/1.png"], [], ["a", "b"]),
        (["a/0.jpg", "a/1.jpg"], ["a/0.png"], ["a/*.jpg"]),
        (["0.jpg", "1.jpg"], ["a/0.jpg"], ["*.jpg"]),
        (["ok_0.png", "ok_1.png"], ["ng_0.png"], ["ok_*.png"]),
        ([f"{name}.jpg" for name in ITEMS], [], ["kos*/*.jpg"]),
        ([f"{name}.jpg" for name in ITEMS], ["kosovo/map.jpg"], ["kos*/Part*.jpg"]),
        (["a[1]/0.jpg", "a[1]/1.jpg"], ["a[1]/0.png"], ["a[[]1]/*.jpg"]),
        (["a/0.png", "a/2.png"], ["a/1.png"], ["a/0.png", "a/2.png"]),
    ],
)
def test_patterns_match_the_images_and_nothing_else(
    tmp_path: Path, images: list[str], others: list[str], patterns: list[str]
) -> None:
    wanted = files(tmp_path, *images)
    files(tmp_path, *others)
    assert patterns_for(tmp_path, wanted, ()) == patterns


def test_masks_of_the_images_may_be_matched_too(tmp_path: Path) -> None:
    wanted = files(tmp_path, "a/0.png", "a/1.png")
    masks = files(tmp_path, "a/0_GT.png", "a/1_GT.png")
    assert patterns_for(tmp_path, wanted, masks) == ["a"]
    assert patterns_for(tmp_path, wanted, ()) == ["a/0.png", "a/1.png"]
