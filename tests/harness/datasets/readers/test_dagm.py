from pathlib import Path

import pytest

from harness.datasets.readers.dagm import DAGM2007
from harness.errors import DataError
from tests.support import miniatures


def test_an_image_with_a_label_is_a_defect_and_does_not_train(tmp_path: Path) -> None:
    base = miniatures.dagm(tmp_path)
    split = DAGM2007().split(tmp_path, "Class1", 0)
    assert [sample.id for sample in split.train] == [f"Class1/Train/{number:04d}.PNG" for number in range(1, 5)]
    assert [sample.is_defect for sample in split.test] == [False] * 4 + [True]
    assert split.test[-1].mask == base / "Class1/Test/Label/0005_label.PNG"
    assert split.left_out == (("Class1/Train/0005.PNG", "defect image of the published training set"),)


def test_a_defect_whose_label_is_lost_does_not_pass_for_a_normal_image(tmp_path: Path) -> None:
    base = miniatures.dagm(tmp_path)
    (base / "Class1/Train/Label/0005_label.PNG").unlink()
    assert len(DAGM2007().split(tmp_path, "Class1", 0).train) == 4


def test_needs_no_list_of_labels(tmp_path: Path) -> None:
    base = miniatures.dagm(tmp_path)
    before = DAGM2007().split(tmp_path, "Class1", 0)
    for part in ("Train", "Test"):
        (base / "Class1" / part / "Label/Labels.txt").unlink()
    assert DAGM2007().split(tmp_path, "Class1", 0) == before


def test_a_long_list_without_a_label_takes_no_time(tmp_path: Path) -> None:
    path = miniatures.dagm(tmp_path) / "Class1/Test/Label/Labels.txt"
    before = DAGM2007().split(tmp_path, "Class1", 0)
    # Hours for an expression that starts anew at each letter.
    path.write_text(path.read_text() + "a" * 900_000)
    assert DAGM2007().split(tmp_path, "Class1", 0) == before
    path.write_text("a" * 1_000_001)
    with pytest.raises(DataError, match="more than 1 MB"):
        DAGM2007().split(tmp_path, "Class1", 0)


def test_refuses_a_list_that_is_no_text(tmp_path: Path) -> None:
    path = miniatures.dagm(tmp_path) / "Class1/Test/Label/Labels.txt"
    path.write_bytes(b"\xff\xff")
    with pytest.raises(DataError, match=rf"^{path}: cannot be read .*; expected a list of image and label names"):
        DAGM2007().split(tmp_path, "Class1", 0)
