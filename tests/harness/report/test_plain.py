import csv
import io
from dataclasses import replace

from harness.report.plain import csv_table, markdown_table
from tests.support.tables import TABLE

GOLDEN = r"""Mean over the categories of each data set. Percent, higher is better; mean ± standard deviation over seeds; demo 3 seeds (0, 1, 2), mtd\_x 1 seed (0). Protocol mfrnet-bench-1/192/keep/127. --: withheld (a cell is missing or failed) or not defined.

| Method | demo image AUROC | demo AUPRO | mtd\_x image AUROC | mtd\_x AUPRO |
| --- | ---: | ---: | ---: | ---: |
| mfrnet [k=3] | **95.1 ± 0.4** | **90.0 ± 1.0** | <u>80.0</u> | **70.0** |
| pixel\_mean | <u>90.0 ± 0.2</u> | **90.0 ± 2.0** | **80.0** | -- |
| constant | 50.0 ± 0.0 | <u>10.0 ± 0.0</u> | 50.0 | <u>10.0</u> |

- pixel\_mean on mtd\_x: failed mtd seed 0
"""  # noqa: E501 (Markdown as it is written)


def test_markdown_is_exactly_this() -> None:
    assert markdown_table(TABLE) == GOLDEN


def test_markdown_without_notes_ends_with_the_table() -> None:
    assert markdown_table(replace(TABLE, notes=())).endswith("<u>10.0</u> |\n")


def test_markdown_escapes_a_bar_in_a_name() -> None:
    assert r"| a\|b | **" in markdown_table(replace(TABLE, rows=("a|b", "c", "d")))


def test_csv_holds_unrounded_fractions_and_nothing_where_withheld() -> None:
    lines = list(csv.reader(io.StringIO(csv_table(TABLE))))
    assert lines[0][:5] == ["Method", "demo image AUROC", "demo image AUROC std", "demo AUPRO", "demo AUPRO std"]
    assert lines[1] == ["mfrnet [k=3]", "0.9514", "0.004", "0.9", "0.01", "0.80001", "", "0.7", ""]
    assert lines[2][-2:] == ["", ""]
