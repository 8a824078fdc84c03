import csv
import io
from dataclasses import replace

from harness.leaderboard.tables import Table
from harness.report.plain import csv_table, markdown_table
from tests.support.tables import COSTS, REPORTED, TABLE

GOLDEN = r"""Mean over the categories of each data set. Percent, higher is better; mean ± standard deviation over seeds; demo 3 seeds (0, 1, 2), mtd\_x 1 seed (0). Protocol: mfrnet-bench-1/192/keep/127. --: withheld, because a cell is missing or failed.

| Method | demo image AUROC | demo AUPRO | mtd\_x image AUROC | mtd\_x AUPRO |
| --- | ---: | ---: | ---: | ---: |
| mfrnet [k=3] | **95.1 ± 0.4** | **90.0 ± 1.0** | <u>80.0</u> | **70.0** |
| pixel\_mean | <u>90.0 ± 0.2</u> | **90.0 ± 12.0** | **80.0** | -- |
| constant | 50.0 ± 0.0 | <u>10.0</u> | 50.0 | <u>10.0</u> |

- pixel\_mean on mtd\_x: failed mtd seed 0
"""  # noqa: E501 (Markdown as it is written)


def test_markdown_is_exactly_this() -> None:
    assert markdown_table(TABLE) == GOLDEN


def test_markdown_without_notes_ends_with_the_table() -> None:
    assert markdown_table(replace(TABLE, notes=())).endswith("<u>10.0</u> |\n")


def test_markdown_escapes_a_bar_in_a_name() -> None:
    assert r"| a\|b | **" in markdown_table(replace(TABLE, rows=("a|b", "c", "d")))


def test_markdown_shows_the_spread_that_is_asked_for() -> None:
    assert "| **95.1 [94.0, 96.5]** | **90.0** |" in markdown_table(TABLE, spread="interval")


def test_markdown_marks_reported_rows_and_names_their_sources() -> None:
    lines = markdown_table(replace(TABLE, reported=REPORTED)).splitlines()
    assert lines[2].endswith("| source |")
    assert lines[4].endswith("| measured |")
    assert lines[7] == r"| PatchCore\_W‡ | 99.2 | -- | -- | -- | demo: its paper, arXiv 2106.08265 |"


def rows_of(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_table(table))))


def test_csv_holds_unrounded_fractions_and_says_what_is_withheld() -> None:
    lines = rows_of(TABLE)
    ends = ["", " std", " low", " high"]
    assert lines[0][:9] == ["Method", *(f"demo {title}{end}" for title in ("image AUROC", "AUPRO") for end in ends)]
    assert lines[1][:9] == ["mfrnet [k=3]", "0.9514", "0.004", "0.94", "0.9651", "0.9", "0.01", "", ""]
    assert lines[2][-4:] == ["withheld", "", "", ""]


def test_csv_holds_costs_in_base_units() -> None:
    assert rows_of(COSTS)[:2] == [
        ["Method", "demo p50 seconds", "demo batch 1 images per second", "demo memory bytes", "demo learned"],
        ["mfrnet", "0.0213", "45.04", "1234000000.0", "1820000.0"],
    ]


def test_csv_tells_measured_from_reported_by_their_source() -> None:
    lines = rows_of(replace(TABLE, reported=REPORTED))
    assert [line[-1] for line in lines] == ["source", *["measured"] * 3, "demo: its paper, arXiv 2106.08265"]
    assert lines[-1][:3] == ["PatchCore_W", "0.992", ""]
