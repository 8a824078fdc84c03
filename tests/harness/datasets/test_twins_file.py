import csv
from pathlib import Path

import pytest

from harness.datasets.readers.mtd import MagneticTileDefects
from harness.datasets.twins_file import COLUMNS, write_twins
from harness.datasets.verification import verify
from harness.errors import DataError
from tests.support import photographs


def test_holds_every_image_with_a_twin_and_its_side(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    report = verify(MagneticTileDefects(), tmp_path)
    with write_twins(report).open(newline="") as file:
        header, *rows = csv.reader(file)
    (twins,) = report.twins
    assert tuple(header) == COLUMNS
    expected = [(i, part) for group in twins.groups for part in ("train", "test") for i in getattr(group, part)]
    assert [(image, part) for _, _, _, image, part in rows] == expected
    assert {number for _, number, *_ in rows} == {str(number) for number in range(1, len(twins.groups) + 1)}
    assert all(float(confidence) >= 0.99 for _, _, confidence, *_ in rows)


def test_says_where_it_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photographs.mtd(tmp_path)
    report = verify(MagneticTileDefects(), tmp_path)
    (tmp_path / "cache").write_text("a file in the place of the folder")
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match="cannot be written"):
        write_twins(report)
