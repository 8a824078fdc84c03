import csv
import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from harness.bundles.detector import Judgement, Region, Unreadable
from harness.errors import DataError
from harness.report.prediction_rows import COLUMNS, PredictionRow, RowFormat, prediction_rows, row_of

NAME = 'Teil "1", grün\nzwei.png'
REGION = Region(left=1, top=2, right=3, bottom=4, highest=2.5)


def judgement(**changes: object) -> Judgement:
    fields: dict[str, object] = {
        "path": Path(NAME), "image_px": (8, 8), "score": 1.5, "is_anomalous": True, "share": 0.25,
        "regions": (REGION,), "map_YX": np.zeros((8, 8), np.float32),
    }  # fmt: skip
    return Judgement(**(fields | changes))  # type: ignore[arg-type]


ANSWERS = [
    judgement(),
    judgement(is_anomalous=False, regions=(), share=0.0),
    judgement(is_anomalous=None, share=None, regions=()),
    Unreadable(path=Path("b.png"), reason="b.png: cannot be read"),
]


def write(folder: Path, kind: RowFormat) -> Path:
    with prediction_rows(folder, kind) as row:
        for each in ANSWERS:
            row(row_of(each))
    return folder / f"predictions.{kind}"


def test_rows_say_what_was_found() -> None:
    rows = [row_of(each) for each in ANSWERS]
    assert [row.verdict for row in rows] == ["anomalous", "normal", None, None]
    assert [row.error for row in rows] == [None, None, None, "b.png: cannot be read"]
    assert rows[0].regions == (REGION,)
    assert rows[3] == PredictionRow(image="b.png", error="b.png: cannot be read")
    assert row_of(ANSWERS[0], Path("a/b.png")).picture == "a/b.png"


def test_csv_is_read_back_with_any_name(tmp_path: Path) -> None:
    with write(tmp_path / "new/out", "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [NAME, NAME, NAME, "b.png"]
    assert json.loads(rows[0]["regions"])[0]["highest"] == 2.5
    assert [rows[2][name] for name in ("verdict", "share", "regions", "error", "picture")] == [""] * 5


def test_json_lines_are_read_back_with_any_name(tmp_path: Path) -> None:
    lines = write(tmp_path, "jsonl").read_text(encoding="utf-8").splitlines()
    assert [PredictionRow(**json.loads(line)) for line in lines] == [row_of(each) for each in ANSWERS]
    assert json.loads(lines[0])["regions"] == [{"left": 1, "top": 2, "right": 3, "bottom": 4, "highest": 2.5}]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_name_that_is_no_text_keeps_its_bytes(tmp_path: Path, kind: RowFormat) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    with prediction_rows(tmp_path, kind) as row:
        row(row_of(Unreadable(path=Path(name), reason=name)))
    content = (tmp_path / f"predictions.{kind}").read_bytes()
    assert (b"caf\xe9.png" if kind == "csv" else b"caf\\udce9.png") in content


def test_each_row_is_there_the_moment_it_is_written(tmp_path: Path) -> None:
    with prediction_rows(tmp_path, "csv") as row:
        assert not (tmp_path / "predictions.csv").exists()
        row(row_of(ANSWERS[3]))
        assert b"b.png: cannot be read" in (tmp_path / ".predictions.csv.unfinished").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_an_interrupted_file_gets_its_name_and_holds_whole_rows(tmp_path: Path) -> None:
    def interrupted() -> None:
        with prediction_rows(tmp_path, "jsonl") as row:
            row(row_of(ANSWERS[0]))
            raise KeyboardInterrupt("now")

    with pytest.raises(KeyboardInterrupt, match="now"):
        interrupted()
    (line,) = (tmp_path / "predictions.jsonl").read_text().splitlines()
    assert json.loads(line)["score"] == 1.5


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_earlier_predictions_of_any_format_stay_alone(tmp_path: Path, kind: RowFormat) -> None:
    write(tmp_path, "csv")
    with pytest.raises(DataError, match=r"predictions\.csv: exists already; .* Give another --out"):
        write(tmp_path, kind)
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(DataError, match=r"file/out: cannot be written to \(Not a directory\)\.$"):
        write(tmp_path / "file/out", "csv")


def test_without_a_folder_rows_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with prediction_rows(None, "csv") as row:
        row(row_of(ANSWERS[1]))
    assert capsys.readouterr().out.splitlines()[0] == ",".join(COLUMNS)


def test_modes_of_rows_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        file = write(tmp_path / "out", "csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
