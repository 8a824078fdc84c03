from dataclasses import replace
from typing import Any

import pytest

from harness.leaderboard.tables import Column, Table
from harness.report.latex import escaped, latex_document, latex_table
from tests.support.tables import COSTS, REPORTED, TABLE

GOLDEN = r"""% Needs \usepackage{booktabs} and \usepackage{graphicx} in the preamble.
\begin{table}[t]
\centering
\setlength{\belowcaptionskip}{6pt}
\caption{Mean over the categories of each data set. Percent, higher is better; mean $\pm$ standard deviation over seeds; demo 3 seeds (0, 1, 2), mtd\_x 1 seed (0). Protocol: mfrnet-bench-1/192/keep/127. --: withheld, because a cell is missing or failed.}
\label{tab:main}
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
\begin{tabular}{lrrrr}
\toprule
 & \multicolumn{2}{c}{demo} & \multicolumn{2}{c}{mtd\_x} \\
\cmidrule(lr){2-3} \cmidrule(lr){4-5}
Method & image AUROC & AUPRO & image AUROC & AUPRO \\
\midrule
mfrnet {[}k=3] & \textbf{95.1 $\pm$ 0.4} & \textbf{90.0 $\pm$ \phantom{0}1.0} & \underline{80.0} & \textbf{70.0} \\
pixel\_mean & \underline{90.0 $\pm$ 0.2} & \textbf{90.0 $\pm$ 12.0} & \textbf{80.0} & -- \\
constant & 50.0 $\pm$ 0.0 & \underline{10.0}\phantom{ $\pm$ 000.} & 50.0 & \underline{10.0} \\
\bottomrule
\end{tabular}}
\par\smallskip
\noindent\parbox{\linewidth}{\footnotesize\sloppy pixel\_mean on mtd\_x: failed mtd seed 0}
\end{table}
"""  # noqa: E501 (LaTeX as it is written)


def test_a_table_is_exactly_this() -> None:
    assert latex_table(TABLE) == GOLDEN


def test_summary_rows_stand_under_a_rule_of_their_own() -> None:
    lines = latex_table(replace(TABLE, num_summary_rows=1)).splitlines()
    (number,) = [number for number, line in enumerate(lines) if line.startswith("constant")]
    assert lines[number - 1 : number + 2] == [r"\midrule", lines[number], r"\bottomrule"]


def with_groups(count: int, *, columns: int = 2) -> Table:
    groups = tuple(f"set {number}" for number in range(count))
    titles = tuple(Column(title=f"metric {number}") for number in range(columns))
    entries = tuple(row[:1] * count * columns for row in TABLE.entries)
    return replace(TABLE, groups=groups, columns=titles, entries=entries)


def with_rows(count: int) -> Table:
    return replace(TABLE, rows=tuple(f"row {number}" for number in range(count)), entries=TABLE.entries[:1] * count)


def lines_of(table: Table, **options: Any) -> list[str]:
    return latex_table(table, **options).splitlines()


def test_a_narrow_table_is_not_shrunk_and_needs_booktabs_alone() -> None:
    text = latex_table(with_groups(1))
    assert text.startswith("% Needs \\usepackage{booktabs} in the preamble.\n")
    assert "resizebox" not in text


def test_a_table_too_wide_to_read_has_its_groups_in_blocks_below_each_other() -> None:
    text = latex_table(with_groups(4))
    assert text.count(r"\begin{tabular}{lrrrr}") == 2
    assert text.count(r"\caption") == 1


def test_groups_that_each_fill_the_line_share_one_head_and_stand_above_their_rows() -> None:
    lines = lines_of(with_groups(3, columns=4))
    assert lines.count(r"\begin{tabular}{lrrrr}") == 1
    assert lines.count(r"Method & metric 0 & metric 1 & metric 2 & metric 3 \\") == 1
    headings = [number for number, line in enumerate(lines) if line.startswith(r"\multicolumn{5}{l}{\emph{set ")]
    assert len(headings) == 3
    assert lines[headings[1] - 1] == r"\midrule"
    assert lines[headings[1] + 1].startswith("mfrnet {[}k=3] & ")


def test_a_group_too_wide_to_read_goes_on_below() -> None:
    text = latex_table(with_groups(1, columns=8))
    assert text.count(r"\begin{tabular}{lrrrr}") == 2


def test_a_table_longer_than_a_page_breaks_across_pages() -> None:
    lines = lines_of(with_rows(40))
    assert r"\begin{longtable}{lrrrr}" in lines
    assert r"\endfirsthead" in lines
    assert r"\multicolumn{5}{l}{\emph{Table \thetable, continued}} \\" in lines
    assert lines[0] == r"% Needs \usepackage{booktabs} and \usepackage{longtable} in the preamble."
    assert "longtable" not in latex_table(with_rows(20))


def test_further_columns_of_a_long_table_keep_its_number() -> None:
    lines = lines_of(with_groups(1, columns=8), environment="longtable")
    assert [line for line in lines if "caption*" in line] == [r"\caption*{Further columns.}\\"]
    assert lines.count(r"\addtocounter{table}{-1}") == 1
    assert sum(r"\label" in line for line in lines) == 1


def test_floats_of_a_table_longer_than_a_page_keep_its_number() -> None:
    wide = with_groups(2, columns=8)
    long = replace(wide, rows=tuple(f"row {number}" for number in range(30)), entries=wide.entries[:1] * 30)
    lines = lines_of(long, environment="table*")
    assert lines.count(r"\begin{table*}[t]") == 2
    assert lines.count(r"\caption{Continued.}") == 1
    assert lines.count(r"\addtocounter{table}{-1}") == 1
    assert sum(r"\label" in line for line in lines) == 1


def test_intervals_are_aligned_and_missing_ones_leave_their_room() -> None:
    rows = [line.split(" & ")[1] for line in lines_of(TABLE, spread="interval") if " & " in line][2:]
    assert rows == [
        r"\textbf{95.1 [\phantom{0}94.0, \phantom{0}96.5]}",
        r"\underline{90.0 [\phantom{00}8.9, 100.0]}",
        r"50.0\phantom{ [0000., 0000.]}",
    ]


def test_a_mean_alone_has_nothing_behind_it() -> None:
    assert r"\textbf{95.1} & \textbf{90.0} & \underline{80.0}" in latex_table(TABLE, spread="none")


def test_reported_rows_stand_in_a_block_of_their_own_with_their_sources_beneath() -> None:
    lines = lines_of(replace(TABLE, reported=REPORTED))
    (number,) = [number for number, line in enumerate(lines) if line.startswith(r"PatchCore\_W$^\ddagger$ & ")]
    assert lines[number - 2 : number] == [
        r"\midrule",
        r"\multicolumn{5}{l}{\emph{reported by others; other protocols}} \\*",
    ]
    assert lines[number] == r"PatchCore\_W$^\ddagger$ & 99.2\phantom{ $\pm$ 00.} & --\phantom{ $\pm$ 000.} & -- & -- \\"
    assert r"PatchCore\_W$^\ddagger$: demo: its paper, arXiv 2106.08265}" in lines


def test_units_and_directions_stand_below_the_headings() -> None:
    lines = lines_of(COSTS)
    (number,) = [number for number, line in enumerate(lines) if line.startswith("Method & ")]
    assert lines[number + 1] == r" & ms $\downarrow$ & images/s $\uparrow$ & GB $\downarrow$ & M $\downarrow$ \\"
    assert r"mfrnet & \underline{21.3} & \underline{45.0} & \underline{1.23} & \underline{1.82} \\" in lines


def test_a_long_heading_has_several_lines() -> None:
    named = replace(with_groups(1), columns=(Column(title="mfrnet [k=3, n=2]"), Column(title="b")))
    assert r"Method & \shortstack[r]{mfrnet {[}k=3,\\n=2]} & b \\" in lines_of(named)


def test_a_label_with_seeds_of_its_own_has_a_dagger() -> None:
    text = latex_table(replace(TABLE, own_seeds={"constant": {"demo": (0,)}}))
    assert r"constant$^\dagger$ & " in text


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
        ('*[a|"b"]`', r"{*}{[}a\textbar{}{''}b{''}]\textasciigrave{}"),
        ("one\ntwo", "one two"),
    ],
)
def test_what_latex_would_read_as_a_command_is_literal(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_labels_headings_captions_and_notes_are_escaped() -> None:
    named = replace(
        TABLE,
        title="100%",
        rows=("a&b", "c", "d"),
        groups=("x_1", "y"),
        columns=(Column(title="1%"), Column(title="2")),
        notes=("first\n#2",),
    )
    text = latex_table(named)
    assert r"a\&b & " in text
    assert r"{x\_1}" in text
    assert r"1\% & " in text
    assert r"\caption{100\%. " in text
    assert r"\sloppy first \#2}" in text
