from pathlib import Path

import pytest

from harness.datasets.ground_truth import read_ground_truth
from harness.datasets.readers.visa import VisA
from harness.errors import DataError
from tests.support import miniatures


def with_line(root: Path, number: int, line: str) -> Path:
    path = miniatures.visa(root) / "split_csv/1cls.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[number - 1] = line
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_every_grey_value_but_0_is_a_defect(tmp_path: Path) -> None:
    miniatures.visa(tmp_path)
    defects = [sample for sample in VisA().split(tmp_path, "candle", 0).test if sample.is_defect]
    assert [int(read_ground_truth(sample, 127).sum()) for sample in defects] == [120, 120]


def test_reads_what_the_authors_script_makes_of_the_split(tmp_path: Path) -> None:
    base = miniatures.visa_1cls(tmp_path)
    assert VisA().categories(tmp_path) == ("candle", "pcb1")
    split = VisA().split(tmp_path, "pcb1", 0)
    assert [sample.id for sample in split.train] == [f"1cls/pcb1/train/good/{n:04d}.JPG" for n in range(4)]
    assert [sample.defect_kind for sample in split.test] == ["good"] * 2 + ["anomaly"] * 2
    assert split.test[-1].mask == base / "1cls/pcb1/ground_truth/bad/001.png"
    used = {sample.image for sample in (*split.train, *split.test)} | {m for s in split.test for m in s.masks}
    assert used == set(VisA().files(tmp_path, "pcb1"))


def test_the_original_layout_goes_before_the_rearranged_one(tmp_path: Path) -> None:
    miniatures.visa(tmp_path)
    before = VisA().files(tmp_path, "candle"), VisA().split(tmp_path, "candle", 0)
    miniatures.visa_1cls(tmp_path)
    assert (VisA().files(tmp_path, "candle"), VisA().split(tmp_path, "candle", 0)) == before


def test_is_not_installed_without_its_table(tmp_path: Path) -> None:
    (miniatures.visa(tmp_path) / "split_csv/1cls.csv").unlink()
    assert not VisA().is_installed(tmp_path)


@pytest.mark.parametrize(
    ("number", "line", "problem"),
    [
        (
            1,
            "category,split,label,image,mask",
            r"line 1: expected 'object,split,label,image,mask', got 'category,split",
        ),
        (4, "candle,train,normal", r"line 4: expected the 5 values object,split,.*, got 3"),
        (4, "candle,val,normal,a.JPG,", r"line 4, split: expected train or test, got 'val'"),
        (4, "candle,test,bad,a.JPG,", r"line 4, label: expected normal or anomaly, got 'bad'"),
        (4, "candle,train,anomaly,a.JPG,b.png", r"line 4: expected a normal image for training, got an anomaly"),
        (4, "candle,train,normal,../a.JPG,", r"line 4, image: expected a path below the .*, got '\.\./a\.JPG'"),
        (4, "candle,test,anomaly,a.JPG,", r"line 4, mask: expected a path below the data set's folder, got ''"),
    ],
)
def test_refuses_a_damaged_table_and_names_the_line(tmp_path: Path, number: int, line: str, problem: str) -> None:
    path = with_line(tmp_path, number, line)
    for look in (lambda: VisA().split(tmp_path, "candle", 0), lambda: VisA().files(tmp_path, "candle")):
        with pytest.raises(DataError, match=rf"^{path}, {problem}"):
            look()


def test_refuses_a_table_that_is_no_text(tmp_path: Path) -> None:
    path = miniatures.visa(tmp_path) / "split_csv/1cls.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=rf"^{path}: not a text with comma-separated values"):
        VisA().split(tmp_path, "candle", 0)
