"""Folders as people have them, without a description: each builder fills an empty folder."""

from collections.abc import Callable
from pathlib import Path

from tests.support.miniatures import write_image, write_mask


def _images(folder: Path, count: int, *, first: int = 0, defect: bool = False, suffix: str = ".png") -> None:
    for number in range(first, first + count):
        write_image(folder / f"{number:03d}{suffix}", number + len(folder.as_posix()), defect=defect)


def mvtec_like(base: Path) -> None:
    """Two parts in the best-known layout, under another name."""
    for part in ("gear", "valve"):
        _images(base / part / "train/good", 6)
        _images(base / part / "test/good", 3)
        for kind in ("crooked", "worn"):
            _images(base / part / "test" / kind, 2, defect=True)
            for number in range(2):
                write_mask(base / part / "ground_truth" / kind / f"{number:03d}_mask.png")


def good_and_bad(base: Path) -> None:
    """One folder of good parts and one of bad ones, no masks."""
    _images(base / "OK parts", 10)
    _images(base / "NG parts", 4, defect=True)


def bad_below_good(base: Path) -> None:
    """Good parts directly in the folder, bad ones in a folder below."""
    _images(base, 10, suffix=".JPG")
    _images(base / "bad", 4, defect=True, suffix=".JPG")


def kinds_beside_free(base: Path) -> None:
    """As the magnetic tiles are: a word for good, kinds of defects beside it, masks of another suffix."""
    _images(base / "MT_Free/Imgs", 10, suffix=".jpg")
    for number in range(10):
        write_mask(base / f"MT_Free/Imgs/{number:03d}.png", empty=True)
    for kind in ("MT_Fray", "MT_Uneven"):
        _images(base / kind / "Imgs", 2, first=20, defect=True, suffix=".jpg")
        for number in (20, 21):
            write_mask(base / kind / f"Imgs/{number:03d}.png")


def items(base: Path) -> None:
    """As KolektorSDD is: a folder an item, a mask beside each image, and only masks know the defects."""
    for item in range(1, 9):
        for part in range(3):
            has_defect = part == 2 and item % 2 == 0
            write_image(base / f"kos{item:02d}/Part{part}.jpg", 10 * item + part, defect=has_defect)
            write_mask(base / f"kos{item:02d}/Part{part}_label.png", empty=not has_defect)


def items_of_one_suffix(base: Path) -> None:
    """The same, where masks and images have one suffix."""
    for item in range(1, 9):
        for part in range(2):
            write_image(base / f"item-{item}/{part}.png", 10 * item + part, defect=item > 5)
            write_mask(base / f"item-{item}/{part}_GT.png", empty=item <= 5)


def visa_like(base: Path) -> None:
    """Words for good and bad below a folder of images, and masks in a tree beside it."""
    for part in ("candle", "pcb"):
        _images(base / part / "Data/Images/Normal", 8, suffix=".JPG")
        _images(base / part / "Data/Images/Anomaly", 3, defect=True, suffix=".JPG")
        for number in range(3):
            write_mask(base / part / f"Data/Masks/Anomaly/{number:03d}.png")


def divided_and_mixed(base: Path) -> None:
    """As KolektorSDD2 is: training and test folders, each with images of both kinds and their masks."""
    for part, count in (("train", 6), ("test", 5)):
        for number in range(count):
            has_defect = number < 2
            write_image(base / f"{part}/1{number:04d}.png", number, defect=has_defect)
            write_mask(base / f"{part}/1{number:04d}_GT.png", empty=not has_defect)


def masks_of_defects_only(base: Path) -> None:
    """All images in one folder; those that have a mask in another are defects."""
    _images(base / "images", 10)
    for number in (3, 7, 8):
        write_image(base / f"images/{number:03d}.png", number, defect=True)
        write_mask(base / f"masks/{number:03d}.png")


def optical_inspection_like(base: Path) -> None:
    """As DAGM is: numbered classes, masks below the images, for defects only."""
    for group in (1, 2):
        for part in ("Train", "Test"):
            for number in range(6):
                has_defect = number < 2
                write_image(base / f"Class{group}/{part}/{number:04d}.PNG", 7 * number + group, defect=has_defect)
                if has_defect:
                    write_mask(base / f"Class{group}/{part}/Label/{number:04d}_label.PNG")


def words_in_file_names(base: Path) -> None:
    """One folder in which only the file names say what is good."""
    for number in range(8):
        write_image(base / f"ok_{number}.bmp", number)
    for number in range(3):
        write_image(base / f"ng_{number}.bmp", number, defect=True)


def defects_in_training(base: Path) -> None:
    """A set for classification: both kinds in both parts."""
    for part, count in (("train", 6), ("test", 4)):
        _images(base / "casting" / part / "ok_front", count)
        _images(base / "casting" / part / "def_front", 3, defect=True)


def numbered_categories(base: Path) -> None:
    """As BTAD is: categories that are numbers, ``ok`` and ``ko``."""
    for part in ("01", "02", "03"):
        _images(base / part / "train/ok", 6, suffix=".bmp")
        _images(base / part / "test/ok", 3, suffix=".bmp")
        _images(base / part / "test/ko", 2, defect=True, suffix=".bmp")
        for number in range(2):
            write_mask(base / part / f"ground_truth/ko/{number:03d}.png")


def training_without_a_word(base: Path) -> None:
    """Training images that nothing calls good, and no normal image to test on."""
    _images(base / "train", 8)
    _images(base / "test/scratch", 3, defect=True)


def unnamed_masks(base: Path) -> None:
    """Masks that only their pixels give away."""
    _images(base / "photos", 8)
    for number in range(8):
        write_image(base / f"photos/{number:03d}.png", number, defect=number < 3)
        write_mask(base / f"results/{number:03d}.png", empty=number >= 3)


def odd_names(base: Path) -> None:
    """Names that mean something in a pattern, in TOML or in a comment."""
    _images(base / "good [2024]", 8)
    _images(base / 'bad {a} "b" #1', 3, defect=True)
    for number in range(3):
        write_mask(base / f'mask {{a}} "b" #1/{number:03d}.png')


def items_of_good_parts(base: Path) -> None:
    """Folders of items below good and bad."""
    for item in range(6):
        _images(base / f"good/item{item}", 2)
    for item in range(6, 9):
        _images(base / f"defective/item{item}", 2, defect=True)


def validation_part(base: Path) -> None:
    """Three parts; the validation images are for neither training nor test."""
    _images(base / "train/good", 6)
    _images(base / "validation/good", 3)
    _images(base / "test/good", 2)
    _images(base / "test/logical", 2, defect=True)


def defect_in_the_name_of_the_set(base: Path) -> None:
    """A folder called after defects holds the whole set."""
    _images(base / "surface_defects/train/good", 6)
    _images(base / "surface_defects/test/good", 2)
    _images(base / "surface_defects/test/bent", 2, defect=True)


def masks_of_one_category_alone(base: Path) -> None:
    """Two categories with the same file names, masks for one of them only."""
    for part, kind in (("glassfiber", "fold"), ("screw", "thread_top")):
        _images(base / part / "train/good", 6)
        _images(base / part / "test/good", 3)
        _images(base / part / "test" / kind, 2, first=1, defect=True)
    for number in (1, 2):
        write_mask(base / f"screw/ground_truth/thread_top/{number:03d}_mask.png")


def masks_of_other_names(base: Path) -> None:
    """The same, where the other category has masks whose names do not follow from those of its images."""
    masks_of_one_category_alone(base)
    for name in ("a", "b"):
        write_mask(base / f"glassfiber/ground_truth/fold/{name}.png")


def masks_beside_the_categories(base: Path) -> None:
    """Masks in a folder of their own, with the categories below it."""
    for part in ("gear", "valve"):
        _images(base / "photos" / part / "good", 8)
        _images(base / "photos" / part / "bad", 3, defect=True)
        for number in range(3):
            write_mask(base / f"masks/{part}/{number:03d}.png")


Counts = dict[str, tuple[int, int, int, int]]

LAYOUTS: dict[Callable[[Path], None], Counts] = {
    mvtec_like: {"gear": (6, 3, 4, 0), "valve": (6, 3, 4, 0)},
    good_and_bad: {"parts": (8, 2, 4, 0)},
    bad_below_good: {"parts": (8, 2, 4, 0)},
    kinds_beside_free: {"parts": (8, 2, 4, 0)},
    items: {"parts": (11, 9, 3, 1)},
    items_of_one_suffix: {"parts": (4, 6, 6, 0)},
    visa_like: {"candle": (6, 2, 3, 0), "pcb": (6, 2, 3, 0)},
    divided_and_mixed: {"parts": (4, 3, 2, 2)},
    masks_of_defects_only: {"parts": (6, 1, 3, 0)},
    optical_inspection_like: {"Class1": (4, 4, 2, 2), "Class2": (4, 4, 2, 2)},
    words_in_file_names: {"parts": (6, 2, 3, 0)},
    defects_in_training: {"parts": (6, 4, 3, 0)},
    numbered_categories: {"01": (6, 3, 2, 0), "02": (6, 3, 2, 0), "03": (6, 3, 2, 0)},
    training_without_a_word: {"parts": (6, 2, 3, 0)},
    unnamed_masks: {"parts": (4, 1, 3, 0)},
    odd_names: {"parts": (6, 2, 3, 0)},
    items_of_good_parts: {"parts": (10, 2, 6, 0)},
    validation_part: {"parts": (6, 2, 2, 0)},
    defect_in_the_name_of_the_set: {"parts": (6, 2, 2, 0)},
    masks_beside_the_categories: {"gear": (6, 2, 3, 0), "valve": (6, 2, 3, 0)},
}
"""Builder to the images in each category of a folder ``parts``: training, test normal, test defect, left out."""

WITHOUT_MASKS = frozenset(
    {
        good_and_bad,
        bad_below_good,
        words_in_file_names,
        defects_in_training,
        training_without_a_word,
        items_of_good_parts,
        validation_part,
        defect_in_the_name_of_the_set,
    }
)
