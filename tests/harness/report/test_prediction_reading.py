import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.bundles import Thresholds
from harness.bundles.detector import Region
from harness.errors import DataError
from harness.report.prediction_reading import read_predictions
from harness.report.prediction_rows import PredictionRow, RowFormat, prediction_rows

LIMITS = Thresholds(
    rule="order", false_alarms=0.1, score=1.0, pixel=1.0, num_images=9, num_groups=9, num_above=0, low=0.0, high=0.3
)
REGION = Region(left=1, top=2, right=3, bottom=4, highest=2.5)
ROWS = [
    PredictionRow(
        image='new/Teil "1", grün\r\nzwei.png', score=0.1 + 0.2, verdict="normal", share=0.0, regions=(), picture="a\rb"
    ),
    PredictionRow(image="b.png", score=1.5, verdict="anomalous", share=0.25, regions=(REGION,) * 3000),
    PredictionRow(image=os.fsdecode(b"caf\xe9.png"), error=os.fsdecode(b"caf\xe9.png: cannot be read")),
]


def write(folder: Path, kind: RowFormat, rows: list[PredictionRow] = ROWS) -> Path:
    with prediction_rows(folder, kind) as row:
        for each in rows:
            row(each)
    return folder / f"predictions.{kind}"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_rows_are_read_back_as_they_were(tmp_path: Path, kind: RowFormat) -> None:
    written = write(tmp_path, kind)
    file, rows = read_predictions(tmp_path, LIMITS)
    assert file == written
    assert [row.model_copy(update={"regions": row.regions or None}) for row in rows] == [
        row.model_copy(update={"regions": row.regions or None}) for row in ROWS
    ]


def cut(size: int) -> Callable[[str], str]:
    return lambda text: text[:-size]


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("csv", cut(1), r"predictions\.csv: ends within a row; was it copied to its end\?"),
        ("jsonl", cut(20), r"predictions\.jsonl: ends within a row"),
        ("csv", replaced("image,score", "name,score"), r"predictions\.csv, line 1: expected the columns image,score,"),
        ("csv", lambda text: "", r"predictions\.csv, line 1: expected the columns image,"),
        ("csv", lambda text: text[: text.index("\n") + 1], r"predictions\.csv: holds no image; expected one at least"),
        ("csv", lambda text: text + "a,b\n", r"line \d+: expected 7 fields, got 2\."),
        ("csv", lambda text: text + '"a,b\n', r"line \d+: unexpected end of data\."),
        ("csv", replaced(",1.5,", ",high,"), r"line \d+: score: expected a number, got 'high'\."),
        ("csv", replaced(",1.5,", ",nan,"), r"line \d+: score: expected a finite number, got 'nan'\."),
        (
            "csv",
            replaced(",1.5,", ",0.5,"),
            r"to the detector of detector\.json, score 0\.5 is normal; got anomalous\.",
        ),
        ("csv", lambda text: text + "a,,,,,,\n", r"line \d+: expected a score or an error\."),
        ("csv", lambda text: text + "a,.5,normal,0,,,../b\n", r"expected a picture below the folder, got '\.\./b'\."),
        ("csv", lambda text: text + "a,.5,normal,0,[{,,\n", r"line \d+: Expecting property name"),
        ("jsonl", lambda text: "no json\n" + text, r"predictions\.jsonl, line 1: no JSON \("),
        ("jsonl", lambda text: "[1]\n" + text, r"predictions\.jsonl, line 1: expected an object, got list\."),
        ("jsonl", lambda text: '{"a": 1}\n' + text, r"predictions\.jsonl, line 1: image: missing\."),
    ],
)
def test_a_torn_or_foreign_file_is_one_line(
    tmp_path: Path, kind: RowFormat, change: Callable[[str], str], message: str
) -> None:
    file = write(tmp_path, kind)
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        text = stream.read()
    with file.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        stream.write(change(text))
    with pytest.raises(DataError, match=message) as caught:
        read_predictions(tmp_path, LIMITS)
    assert "\n" not in str(caught.value)


def test_a_verdict_needs_a_detector_with_a_threshold(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    with pytest.raises(DataError, match=r"is None; got normal\."):
        read_predictions(tmp_path, None)


def test_a_folder_has_one_file_of_rows(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"expected predictions\.csv or predictions\.jsonl as .* writes it, found none\."
    ):
        read_predictions(tmp_path, LIMITS)
    with prediction_rows(tmp_path, "csv"), pytest.raises(DataError, match="one that 'bench predict' has not finished"):
        read_predictions(tmp_path, LIMITS)
    (tmp_path / "predictions.jsonl").write_text(json.dumps({}) + "\n")
    with pytest.raises(DataError, match=r"found predictions\.csv and predictions\.jsonl\."):
        read_predictions(tmp_path, LIMITS)
