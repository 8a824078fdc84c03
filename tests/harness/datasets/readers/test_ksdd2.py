from pathlib import Path

from harness.datasets.readers.ksdd2 import KolektorSDD2
from tests.support import miniatures


def test_counts_the_defects_and_the_copies_that_do_not_train(tmp_path: Path) -> None:
    miniatures.ksdd2(tmp_path)
    assert KolektorSDD2().split(tmp_path, "ksdd2", 0).left_out == (
        ("train/10005.png", "defect image of the published training set"),
        ("train/10001 (copy).png", "its name is no number: a copy of another image"),
    )
