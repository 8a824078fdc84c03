"""Every data set's published layout with a handful of small images, for tests that need files and not data."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE_PX = (40, 48)
"""Height and width of every image but KolektorSDD's, which are tall."""
TALL_SIZE_PX = (96, 40)

FOLDER_TOML = """\
title = "Castings"
licence = "ours"

[categories.front]
train_good = "front/train"
test_good = ["front/test/ok/*.png"]
masks = "front/masks/{kind}/{stem}_mask.png"

[categories.front.test_defects]
dent = "front/test/dent"
scratch = "front/test/scratch/*.png"

[categories.back]
train_good = "back/train"
test_good = "back/ok"

[categories.back.test_defects]
dent = "back/dent"
"""


def write_image(path: Path, seed: int, *, size_px: tuple[int, int] = SIZE_PX, defect: bool = False) -> None:
    """A grey noisy image; with a bright square where `write_mask` has one."""
    pixels = np.random.default_rng(seed).integers(90, 140, (*size_px, 3), dtype=np.uint8)
    if defect:
        pixels[10:20, 12:24] = 230
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_mask(path: Path, *, size_px: tuple[int, int] = SIZE_PX, empty: bool = False) -> None:
    """A 0 / 255 mask with one square, or nothing."""
    mask = np.zeros(size_px, np.uint8)
    if not empty:
        mask[10:20, 12:24] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path)


def truncate(path: Path) -> None:
    """Cut a file off in the middle of its pixels; its header stays whole."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def mvtec_ad(root: Path, categories: tuple[str, ...] = ("bottle", "carpet")) -> Path:
    """Six training images a category; three good, two of ``hole`` and two of ``stain`` to test."""
    for category in categories:
        folder = root / "mvtec_ad" / category
        for number in range(6):
            write_image(folder / f"train/good/{number:03d}.png", number)
        for number in range(3):
            write_image(folder / f"test/good/{number:03d}.png", 10 + number)
        for offset, kind in ((20, "hole"), (30, "stain")):
            for number in range(2):
                write_image(folder / f"test/{kind}/{number:03d}.png", offset + number, defect=True)
                write_mask(folder / f"ground_truth/{kind}/{number:03d}_mask.png")
    return root / "mvtec_ad"


def mtd(root: Path) -> Path:
    """Twenty normal tiles and two of each kind of defect; one of ``Uneven`` has an empty mask."""
    base = root / "mtd"
    for number in range(20):
        write_image(base / f"MT_Free/Imgs/exp1_num_{number}.jpg", number)
        write_mask(base / f"MT_Free/Imgs/exp1_num_{number}.png", empty=True)
    for offset, kind in enumerate(("Blowhole", "Break", "Crack", "Fray", "Uneven")):
        for number in range(2):
            stem = base / f"MT_{kind}/Imgs/exp1_num_{100 + number}"
            write_image(stem.with_suffix(".jpg"), 100 + 10 * offset + number, defect=True)
            write_mask(stem.with_suffix(".png"), empty=kind == "Uneven" and number == 1)
    return base


def ksdd(root: Path) -> Path:
    """Five items of three surfaces; the last surface of each is cracked, one label is a bitmap."""
    base = root / "ksdd"
    for item in range(1, 6):
        for part in range(3):
            is_defect = part == 2
            suffix = "bmp" if (item, part) == (4, 2) else "png"
            seed = 10 * item + part
            write_image(base / f"kos{item:02d}/Part{part}.jpg", seed, size_px=TALL_SIZE_PX, defect=is_defect)
            write_mask(base / f"kos{item:02d}/Part{part}_label.{suffix}", size_px=TALL_SIZE_PX, empty=not is_defect)
    return base


def castings(root: Path) -> Path:
    """A described folder: ``front`` with masks, one of them empty; ``back`` without masks."""
    base = root / "castings"
    for number in range(4):
        write_image(base / f"front/train/{number}.png", number)
        write_image(base / f"back/train/{number}.png", 50 + number)
        write_image(base / f"front/test/ok/{number}.png", 60 + number)
        write_image(base / f"back/ok/{number}.png", 70 + number)
        write_image(base / f"back/dent/{number}.png", 80 + number, defect=True)
        for kind in ("dent", "scratch"):
            write_image(base / f"front/test/{kind}/{number}.png", 90 + number, defect=True)
            write_mask(base / f"front/masks/{kind}/{number}_mask.png", empty=(kind, number) == ("scratch", 3))
    (base / "dataset.toml").write_text(FOLDER_TOML, encoding="utf-8")
    return base


BUILDERS: dict[str, Callable[[Path], Path]] = {"mvtec_ad": mvtec_ad, "mtd": mtd, "ksdd": ksdd, "castings": castings}
"""Data set name to a function that builds it below a data root and returns its own folder."""
