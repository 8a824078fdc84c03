from pathlib import Path

from harness.datasets.readers.mtd import MagneticTileDefects
from tests.support import miniatures


def test_trains_on_four_fifths_of_the_free_tiles_and_tests_on_everything_else(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    split = MagneticTileDefects().split(tmp_path, "mtd", 0)
    good = [sample.id for sample in split.test if not sample.is_defect]
    assert (len(split.train), len(good), len(split.test)) == (16, 4, 13)
    assert sorted([sample.id for sample in split.train] + good) == sorted(
        f"MT_Free/Imgs/exp1_num_{number}.jpg" for number in range(20)
    )
    assert {s.defect_kind for s in split.test} == {"good", "Blowhole", "Break", "Crack", "Fray", "Uneven"}


def test_leaves_out_a_defect_with_an_empty_mask_and_says_so(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    [(left_out, reason)] = MagneticTileDefects().split(tmp_path, "mtd", 0).left_out
    assert left_out == "MT_Uneven/Imgs/exp1_num_101.jpg"
    assert "empty mask" in reason


def test_keeps_a_defect_whose_mask_is_damaged_for_its_cell_to_report(tmp_path: Path) -> None:
    base = miniatures.mtd(tmp_path)
    miniatures.truncate(base / "MT_Crack/Imgs/exp1_num_100.png")
    (base / "MT_Crack/Imgs/exp1_num_101.png").unlink()
    ids = [sample.id for sample in MagneticTileDefects().split(tmp_path, "mtd", 0).test]
    assert {"MT_Crack/Imgs/exp1_num_100.jpg", "MT_Crack/Imgs/exp1_num_101.jpg"} <= set(ids)
