from dataclasses import replace

import pytest

from harness.report.latex import escaped, latex_document, latex_table
from harness.tables import ColumnGroup, Table
from tests.support.tables import TABLE

GOLDEN = r"""% Needs \usepackage{booktabs} in the preamble.
% pixel_mean on mtd_x: failed mtd seed 0
\begin{table}[t]
\centering
\caption{Mean over the categories of each data set. Percent, higher is better; mean $\pm$ standard deviation over seeds; demo 3 seeds (0, 1, 2), mtd\_x 1 seed (0). Protocol mfrnet-bench-1/192/keep/127. --: withheld (a cell is missing or failed) or not defined.}
\label{tab:main}
\begin{tabular}{lrrrr}
\toprule
 & \multicolumn{2}{c}{demo} & \multicolumn{2}{c}{mtd\_x} \\
\cmidrule(lr){2-3} \cmidrule(lr){4-5}
Method & image AUROC & AUPRO & image AUROC & AUPRO \\
\midrule
mfrnet [k=3] & \textbf{95.1 $\pm$ 0.4} & \textbf{90.0 $\pm$ 1.0} & \underline{80.0} & \textbf{70.0} \\
pixel\_mean & \underline{90.0 $\pm$ 0.2} & \textbf{90.0 $\pm$ 2.0} & \textbf{80.0} & -- \\
constant & 50.0 $\pm$ 0.0 & \underline{10.0 $\pm$ 0.0} & 50.0 & \underline{10.0} \\
\bottomrule
\end{tabular}
\end{table}
"""  # noqa: E501 (LaTeX as it is written)


def test_a_table_is_exactly_this() -> None:
    assert latex_table(TABLE) == GOLDEN


def test_summary_rows_stand_under_a_rule_of_their_own() -> None:
    lines = latex_table(replace(TABLE, num_summary_rows=1)).splitlines()
    (number,) = [number for number, line in enumerate(lines) if line.startswith("constant")]
    assert lines[number - 1 : number + 2] == [r"\midrule", lines[number], r"\bottomrule"]


def with_groups(count: int) -> Table:
    group = TABLE.groups[0]
    groups = tuple(replace(group, title=f"{group.title} {number}") for number in range(count))
    return replace(TABLE, groups=groups, entries=tuple(row[:2] * count for row in TABLE.entries))


def test_a_wide_table_is_shrunk_to_the_line_and_asks_for_graphicx() -> None:
    text = latex_table(with_groups(3))
    assert r"\usepackage{graphicx}" in text.splitlines()[0]
    assert r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%" in text
    assert r"\end{tabular}}" in text


def test_a_table_too_wide_to_read_has_its_groups_below_each_other() -> None:
    text = latex_table(with_groups(4))
    assert text.count(r"\begin{tabular}{lrr}") == 4
    assert text.count(r"\caption") == 1
    assert "resizebox" not in text


def test_a_table_can_span_two_columns() -> None:
    text = latex_table(TABLE, environment="table*")
    assert r"\begin{table*}[t]" in text
    assert r"\end{table*}" in text


def test_a_document_holds_every_table_between_preamble_and_end() -> None:
    text = latex_document((TABLE, TABLE))
    assert text.startswith("\\documentclass{article}\n")
    assert text.count(GOLDEN) == 2
    assert text.endswith("\\end{document}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b", r"a\_b"),
        ("50% & #1 $x {y}", r"50\% \& \#1 \$x \{y\}"),
        ("\\input", r"\textbackslash{}input"),
        ("~^<>", r"\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}"),
    ],
)
def test_what_latex_would_read_as_a_command_is_literal(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_row_and_column_labels_are_escaped() -> None:
    named = replace(TABLE, rows=("a&b", "c", "d"), groups=(ColumnGroup(title="x_1", columns=("1%", "2", "3", "4")),))
    text = latex_table(named)
    assert r"a\&b & " in text
    assert r"x\_1" in text
    assert r"1\%" in text


def test_a_note_of_several_lines_stays_a_comment() -> None:
    text = latex_table(replace(TABLE, notes=("first\nsecond",)))
    assert "% first second\n" in text
