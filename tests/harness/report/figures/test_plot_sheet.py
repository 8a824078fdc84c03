import pytest

from harness.report.figures.plot_sheet import Lack, Sheet, gaps, lack_notes, names_text
from tests.support import records as make


def test_a_reason_is_said_once_for_all_it_holds_for() -> None:
    lacks = [Lack(row, dataset, "no records") for row in ("a", "b") for dataset in ("mtd", "ksdd")]
    assert lack_notes([*lacks, Lack("b", "demo", "old")], ["a", "b", "c"]) == [
        "a, b on mtd, ksdd: no records",
        "b on demo: old",
    ]
    assert lack_notes(lacks, ["a", "b"]) == ["every row on mtd, ksdd: no records"]


@pytest.mark.parametrize(
    ("names", "text"), [("aab", "a, b"), ("abcde", "a, b, c, d, e"), ("abcdefg", "a, b, c, d, e and 2 more")]
)
def test_names_are_listed_once_and_not_without_end(names: str, text: str) -> None:
    assert names_text(names) == text


def test_gaps_are_cells_that_failed_or_never_ran() -> None:
    frame = make.frame(
        make.cell_record(identity=make.identity(category="gear")),
        make.failure_record(identity=make.identity(category="tile")),
        make.cell_record(identity=make.identity(category="gear", method="whole")),
        make.cell_record(identity=make.identity(category="tile", method="whole")),
    )
    (one,) = Sheet.of(frame, expected={"demo": ("gear", "tile")}).standings
    assert gaps(one, ["mfrnet", "whole", "absent"], "image_auroc") == [
        Lack("mfrnet", "demo", "failed in tile"),
        Lack("absent", "demo", "no records"),
    ]
    (needy,) = Sheet.of(frame, expected={"demo": ("gear", "tile", "weave")}).standings
    assert gaps(needy, ["whole"], "image_auroc") == [Lack("whole", "demo", "missing in weave")]


def test_a_heading_says_that_its_records_are_of_a_smoke_run() -> None:
    sheet = Sheet.of(make.frame(make.cell_record(identity=make.identity(limit=8))))
    heading = sheet.heading("roc", "Curves", [("demo", "mfrnet")])
    limit = "at most 8 training, 8 normal test and 8 defect test images of each category"
    assert heading.protocol.endswith(f"; a smoke run, {limit}")
