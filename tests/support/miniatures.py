"""Every data set's published layout with a handful of small images, for tests that need files and not data."""

import json
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


def write_mask(
    path: Path, *, size_px: tuple[int, int] = SIZE_PX, empty: bool = False, value: int = 255, shift_px: int = 0
) -> None:
    """A mask with one square of ``value`` on 0, moved to the right by ``shift_px``, or nothing."""
    mask = np.zeros(size_px, np.uint8)
    if not empty:
        mask[10:20, 12 + shift_px : 24 + shift_px] = value
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


def mvtec_ad_2(root: Path) -> Path:
    """Two scenarios of ``mvtec_ad_2_scenario``, with three mixed private images instead of two."""
    for category in ("can", "sheet_metal"):
        folder = mvtec_ad_2_scenario(root, category)
        write_image(folder / "test_private_mixed/002_mixed.png", 52)
    return root / "mvtec_ad_2"


def mvtec_ad_2_scenario(root: Path, category: str, size_px: tuple[int, int] = SIZE_PX) -> Path:
    """Four training, two validation, two good and two bad public images, and two of each private set."""
    folder = root / "mvtec_ad_2" / category
    for number in range(4):
        write_image(folder / f"train/good/{number:03d}_regular.png", number, size_px=size_px)
    for number in range(2):
        write_image(folder / f"validation/good/{number:03d}_regular.png", 10 + number, size_px=size_px)
        write_image(folder / f"test_public/good/{number:03d}_overexposed.png", 20 + number, size_px=size_px)
        write_image(folder / f"test_public/bad/{number:03d}_shift_1.png", 30 + number, size_px=size_px, defect=True)
        write_mask(folder / f"test_public/ground_truth/bad/{number:03d}_shift_1_mask.png", size_px=size_px)
        write_image(folder / f"test_private/{number:03d}_regular.png", 40 + number, size_px=size_px, defect=number == 1)
        write_image(folder / f"test_private_mixed/{number:03d}_mixed.png", 50 + number, size_px=size_px)
    return folder


def whole_mvtec_ad_2(root: Path) -> dict[str, tuple[int, int]]:
    """All eight scenarios, each of an odd size of its own; returns their heights and widths."""
    names = ("can", "fabric", "fruit_jelly", "rice", "sheet_metal", "vial", "wallplugs", "walnuts")
    sizes_px = {name: (37 + 2 * place, 61 - 4 * place) for place, name in enumerate(names)}
    for name, size_px in sizes_px.items():
        mvtec_ad_2_scenario(root, name, size_px)
    return sizes_px


def goodsad(root: Path) -> Path:
    """One category: four training images, two good and two opened packages; masks of both names."""
    folder = root / "goodsad/food_box"
    for number in range(4):
        write_image(folder / f"train/good/001{number:03d}.jpg", number)
    for number in range(2):
        write_image(folder / f"test/good/002{number:03d}.jpg", 10 + number)
        write_image(folder / f"test/opened/003{number:03d}.jpg", 20 + number, defect=True)
    write_mask(folder / "ground_truth/opened/003000.png")
    write_mask(folder / "ground_truth/opened/003001_mask.png")
    return root / "goodsad"


def three_cad(root: Path) -> Path:
    """One category: four training images, two good and two scratched stators; a mask has its image's name."""
    folder = root / "3cad/Iron_Stator"
    for number in range(4):
        write_image(folder / f"train/good/{number:04d}.png", number)
    for number in range(2):
        write_image(folder / f"test/good/{number:04d}.png", 10 + number)
        write_image(folder / f"test/scratch/{number:04d}.png", 20 + number, defect=True)
        write_mask(folder / f"ground_truth/scratch/{number:04d}.png")
    return root / "3cad"


def vad(root: Path) -> Path:
    """Four good and two bad training images; two good, two bad and one bad image of an unseen kind to test."""
    base = root / "vad"
    for number in range(4):
        write_image(base / f"train/good/{number:04d}.png", number)
    for number in range(2):
        write_image(base / f"train/bad/{number:04d}.png", 10 + number, defect=True)
        write_image(base / f"test/good/{number:04d}.png", 20 + number)
        write_image(base / f"test/bad/{number:04d}.png", 30 + number, defect=True)
    write_image(base / "test/bad_unseen_defects/0000.png", 40, defect=True)
    return base


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


def mpdd(root: Path) -> Path:
    """One category: four training images, two good and two rusty plates to test."""
    folder = root / "mpdd/metal_plate"
    for number in range(4):
        write_image(folder / f"train/good/{number:03d}.png", number)
    for number in range(2):
        write_image(folder / f"test/good/{number:03d}.png", 10 + number)
        write_image(folder / f"test/major_rust/{number:03d}.png", 20 + number, defect=True)
        write_mask(folder / f"ground_truth/major_rust/{number:03d}_mask.png")
    return root / "mpdd"


LOCO_CONFIG = [
    {"defect_name": "missing_pin", "pixel_value": 255, "saturation_threshold": 60, "relative_saturation": False},
    {"defect_name": "broken", "pixel_value": 240, "saturation_threshold": 0.5, "relative_saturation": True},
]


def mvtec_loco(root: Path) -> Path:
    """One category: four training, two validation images; test images with one and with two masks."""
    folder = root / "mvtec_loco/pushpins"
    for number in range(4):
        write_image(folder / f"train/good/{number:03d}.png", number)
    for number in range(2):
        write_image(folder / f"validation/good/{number:03d}.png", 10 + number)
        write_image(folder / f"test/good/{number:03d}.png", 20 + number)
        for offset, kind, value in ((30, "logical_anomalies", 255), (40, "structural_anomalies", 240)):
            write_image(folder / f"test/{kind}/{number:03d}.png", offset + number, defect=True)
            write_mask(folder / f"ground_truth/{kind}/{number:03d}/000.png", value=value)
    write_mask(folder / "ground_truth/logical_anomalies/001/001.png", shift_px=14)
    (folder / "defects_config.json").write_text(json.dumps(LOCO_CONFIG), encoding="utf-8")
    return root / "mvtec_loco"


AUTOVI_CONFIG = [
    {"defect_name": "operator", "pixel_value": 255, "saturation_threshold": 1.0, "relative_saturation": True},
    {"defect_name": "unclipped", "pixel_value": 254, "saturation_threshold": 40, "relative_saturation": False},
]


def autovi(root: Path) -> Path:
    """One category: four training images; test images with one and with two masks, which are in colour."""
    folder = root / "autovi/pipe_clip"
    for number in range(4):
        write_image(folder / f"train/good/{number:04d}.png", number)
    for number in range(2):
        write_image(folder / f"test/good/{number:04d}.png", 20 + number)
        for offset, kind, value in ((30, "operator", 255), (40, "unclipped", 254)):
            write_image(folder / f"test/{kind}/{number:04d}.png", offset + number, defect=True)
            write_mask(folder / f"ground_truth/{kind}/{number:04d}/0000.png", value=value)
    write_mask(folder / "ground_truth/unclipped/0001/0001.png", shift_px=14)
    for path in folder.glob("ground_truth/*/*/*.png"):
        Image.open(path).convert("RGB").save(path)
    (folder / "defects_config.json").write_text(json.dumps(AUTOVI_CONFIG), encoding="utf-8")
    return root / "autovi"


def btad(root: Path) -> Path:
    """Three products with the suffixes of their files: bitmaps, PNG files, and both."""
    for product, image, mask in (("01", "bmp", "png"), ("02", "png", "png"), ("03", "bmp", "bmp")):
        folder = root / "btad" / product
        for number in range(4):
            write_image(folder / f"train/ok/{number:04d}.{image}", number)
        for number in range(2):
            write_image(folder / f"test/ok/{number:04d}.{image}", 10 + number)
            write_image(folder / f"test/ko/{number:04d}.{image}", 20 + number, defect=True)
            write_mask(folder / f"ground_truth/ko/{number:04d}.{mask}")
    return root / "btad"


def visa(root: Path) -> Path:
    """Two categories; masks number the kinds of defects, so their grey values are 1 and 2."""
    rows = ["object,split,label,image,mask"]
    for category in ("candle", "pcb1"):
        data = f"{category}/Data"
        for number in range(6):
            name = f"{data}/Images/Normal/{number:04d}.JPG"
            write_image(root / "visa" / name, number)
            rows.append(f"{category},{'train' if number < 4 else 'test'},normal,{name},")
        for number in range(2):
            name, mask = f"{data}/Images/Anomaly/{number:03d}.JPG", f"{data}/Masks/Anomaly/{number:03d}.png"
            write_image(root / "visa" / name, 20 + number, defect=True)
            write_mask(root / "visa" / mask, value=1 + number)
            rows.append(f"{category},test,anomaly,{name},{mask}")
    (root / "visa/split_csv").mkdir()
    (root / "visa/split_csv/1cls.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root / "visa"


def visa_1cls(root: Path) -> Path:
    """Data set ``visa`` as the authors' script rearranges it: two categories, masks of 0 and 255."""
    for category in ("candle", "pcb1"):
        folder = root / "visa/1cls" / category
        for number in range(6):
            write_image(folder / ("train" if number < 4 else "test") / f"good/{number:04d}.JPG", number)
        for number in range(2):
            write_image(folder / f"test/bad/{number:03d}.JPG", 20 + number, defect=True)
            write_mask(folder / f"ground_truth/bad/{number:03d}.png")
    return root / "visa"


def real_iad(root: Path) -> Path:
    """One category: two normal parts to train on, one normal and one scratched to test, from two sides."""
    base = root / "real_iad"
    lists: dict[str, list[dict[str, str | None]]] = {"train": [], "test": []}
    for number, (part, code) in enumerate((("train", "OK"), ("train", "OK"), ("test", "OK"), ("test", "HS")), 1):
        for view in (1, 2):
            place = "OK" if code == "OK" else f"NG/{code}"
            stem = f"{place}/S{number:04d}/tape_{number:04d}_C{view}_20230918"
            write_image(base / f"realiad_1024/tape/{stem}.jpg", 10 * number + view, defect=code != "OK")
            mask = None
            if code != "OK":
                mask = f"{stem}.png"
                write_mask(base / "realiad_1024/tape" / mask)
            lists[part].append(
                {"category": "tape", "anomaly_class": code, "image_path": f"{stem}.jpg", "mask_path": mask}
            )
    content = {"meta": {"prefix": "tape/", "normal_class": "OK", "pre_transform": None}} | lists
    path = base / "realiad_jsons/realiad_jsons/tape.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return base


def real_iad_variety(root: Path) -> Path:
    """One category in a folder of its own name: two normal parts to train on, a normal and a bent one to test.

    The defect is seen from one of two sides; the list has no mask for the other.
    """
    base = root / "real_iad_variety"
    lists: dict[str, list[dict[str, str | None]]] = {"train": [], "test": []}
    folder = base / "realiadvariety_raw/toy-tire/toy-tire"
    for number, (part, kind) in enumerate(
        (("train", "OK"), ("train", "OK"), ("test", "OK"), ("test", "Deformation")), 1
    ):
        for view in (1, 2):
            place = "OK" if kind == "OK" else f"NG/{kind}"
            stem = f"{place}/S{number:06d}/S{number:06d}_C0{view}"
            is_seen = kind != "OK" and view == 1
            write_image(folder / f"{stem}.png", 10 * number + view, defect=is_seen)
            if is_seen:
                write_mask(folder / f"{stem}_mask.png")
            lists[part].append(
                {
                    "category": "toy-tire",
                    "anomaly_class": kind,
                    "image_path": f"{stem}.png",
                    "mask_path": f"{stem}_mask.png" if is_seen else None,
                }
            )
    path = base / "realiadvariety_jsons/Real-IAD_Variety_jsons/toy-tire.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(lists), encoding="utf-8")
    return base


def ksdd2(root: Path) -> Path:
    """Six images to train on, one of them a defect, and the stray copy; two normal and two defects to test."""
    base = root / "ksdd2"
    for part, first, num_normal, num_defects in (("train", 10000, 5, 1), ("test", 20000, 2, 2)):
        for number in range(num_normal + num_defects):
            is_defect = number >= num_normal
            stem = base / part / str(first + number)
            write_image(stem.with_suffix(".png"), number, size_px=TALL_SIZE_PX, defect=is_defect)
            write_mask(base / part / f"{first + number}_GT.png", size_px=TALL_SIZE_PX, empty=not is_defect)
    write_image(base / "train/10001 (copy).png", 1, size_px=TALL_SIZE_PX)
    write_mask(base / "train/10001_GT (copy).png", size_px=TALL_SIZE_PX, empty=True)
    return base


def dagm(root: Path) -> Path:
    """One class: five images a part, of which the last is a defect, with the list beside its label."""
    for part, offset in (("Train", 0), ("Test", 20)):
        folder = root / "dagm/Class1" / part
        for number in range(1, 6):
            write_image(folder / f"{number:04d}.PNG", offset + number, defect=number == 5)
        write_mask(folder / "Label/0005_label.PNG")
        lines = [f"{number}\t0\t{number:04d}.PNG\t0\t0" for number in range(1, 5)]
        lines.append("5\t1\t0005.PNG\t0\t0005_label.PNG")
        (folder / "Label/Labels.txt").write_text("1\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return root / "dagm"


def aitex(root: Path) -> Path:
    """Two fabrics of five normal strips; defects with one, two, an empty and no mask."""
    base = root / "aitex"
    for offset, (folder, fabric) in enumerate((("2306881-210020u", "05"), ("2311694-2040n7u", "00"))):
        for number in range(5):
            write_image(base / f"NODefect_images/{folder}/{number:04d}_000_{fabric}.png", 10 * offset + number)
    for number, stem in enumerate(("0001_002_00", "0044_019_04", "0106_010_03", "0100_025_08")):
        write_image(base / f"Defect_images/{stem}.png", 20 + number, defect=True)
    write_mask(base / "Mask_images/0001_002_00_mask.png")
    write_mask(base / "Mask_images/0044_019_04_mask1.png")
    write_mask(base / "Mask_images/0044_019_04_mask2.png", shift_px=14)
    write_mask(base / "Mask_images/0106_010_03_mask.png", empty=True)
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


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "mvtec_ad": mvtec_ad,
    "mvtec_ad_2": mvtec_ad_2,
    "mvtec_loco": mvtec_loco,
    "visa": visa,
    "real_iad": real_iad,
    "real_iad_variety": real_iad_variety,
    "btad": btad,
    "mpdd": mpdd,
    "goodsad": goodsad,
    "3cad": three_cad,
    "autovi": autovi,
    "vad": vad,
    "mtd": mtd,
    "ksdd": ksdd,
    "ksdd2": ksdd2,
    "dagm": dagm,
    "aitex": aitex,
    "castings": castings,
}
"""Data set name to a function that builds it below a data root and returns its own folder."""
