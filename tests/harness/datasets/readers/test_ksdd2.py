from pathlib import Path

from harness.datasets.readers.ksdd2 import KolektorSDD2
from tests.support import miniatures


def test_reads_the_published_split(tmp_path: Path) -> None:
    base = miniatures.ksdd2(tmp_path)
    split = KolektorSDD2().split(tmp_path, "ksdd2", 0)
    assert [sample.id for sample in split.train] == [f"train/{number}.png" for number in range(10000, 10005)]
    assert [(sample.id, sample.is_defect) for sample in split.test] == [
        ("test/20000.png", False),
        ("test/20001.png", False),
        ("test/20002.png", True),
        ("test/20003.png", True),
    ]
    assert split.test[-1].mask == base / "test/20003_GT.png"


def test_counts_the_defects_and_the_copies_that_do_not_train(tmp_path: Path) -> None:
    miniatures.ksdd2(tmp_path)
    assert KolektorSDD2().split(tmp_path, "ksdd2", 0).left_out == (
        ("train/10005.png", "defect image of the published training set"),
        ("train/10001 (copy).png", "its name is no number: a copy of another image"),
    )
