from collections import Counter
from pathlib import Path

from harness.datasets.readers.aitex import AITEX
from tests.support import miniatures


def test_trains_on_four_fifths_of_each_fabric(tmp_path: Path) -> None:
    miniatures.aitex(tmp_path)
    split = AITEX().split(tmp_path, "aitex", 0)
    assert Counter(sample.image.parent.name for sample in split.train) == {"2306881-210020u": 4, "2311694-2040n7u": 4}
    good = [sample for sample in split.test if not sample.is_defect]
    assert Counter(sample.image.parent.name for sample in good) == {"2306881-210020u": 1, "2311694-2040n7u": 1}


def test_a_defect_is_named_by_its_code_and_may_have_two_masks(tmp_path: Path) -> None:
    base = miniatures.aitex(tmp_path)
    defects = [sample for sample in AITEX().split(tmp_path, "aitex", 0).test if sample.is_defect]
    assert [(sample.defect_kind, sample.masks) for sample in defects] == [
        ("broken end", (base / "Mask_images/0001_002_00_mask.png",)),
        ("fuzzy ball", tuple(base / f"Mask_images/0044_019_04_mask{number}.png" for number in (1, 2))),
    ]


def test_leaves_out_what_was_published_without_a_mask_or_with_an_empty_one(tmp_path: Path) -> None:
    miniatures.aitex(tmp_path)
    assert AITEX().split(tmp_path, "aitex", 0).left_out == (
        ("Defect_images/0100_025_08.png", "defect image published without a mask"),
        ("Defect_images/0106_010_03.png", "defect image with an empty mask (no grey value above 127)"),
    )
