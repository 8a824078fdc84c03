"""The table for a paper: booktabs, best bold, second underlined, on unrounded values."""

import re

import pandas as pd

from harness.report.wording import caption, entry_text
from harness.tables import Table

_STYLES = {1: "textbf: --rwrap;", 2: "underline: --rwrap;"}
_PLUS_MINUS = r" $\pm$ "
_FITTING_COLUMNS = 4  # with a standard deviation each, in a text 12 cm wide
_LEGIBLE_COLUMNS = 6  # beyond, shrinking to the line makes figures too small to read

# One pass over the text, so that a replacement's own backslash is not replaced again.
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "%": r"\%",
    "\n": " ",
} | {character: f"\\{character}" for character in "&$#_{}"}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPES)))


def latex_table(table: Table, *, environment: str = "table") -> str:
    """A float with caption, label and tabular, to include in a paper.

    A table too wide for the line is shrunk to it; one too wide to stay legible has its column
    groups below each other.

    Args:
        table: What to show.
        environment: ``table``, or ``table*`` for both columns of a two-column paper.
    """
    blocks = (table,) if _num_columns(table) <= _LEGIBLE_COLUMNS else table.by_group()
    shrinks = any(_num_columns(block) > _FITTING_COLUMNS for block in blocks)
    packages = r"\usepackage{booktabs}" + (r" and \usepackage{graphicx}" if shrinks else "")
    comments = [f"% Needs {packages} in the preamble.", *(f"% {' '.join(note.split())}" for note in table.notes)]
    body = [
        rf"\begin{{{environment}}}[t]",
        r"\centering",
        rf"\caption{{{escaped(caption(table))}}}",
        rf"\label{{tab:{re.sub('[^A-Za-z0-9]+', '-', table.name)}}}",
        "\n\\par\\medskip\n".join("\n".join(_block(block)) for block in blocks),
        rf"\end{{{environment}}}",
    ]
    return "\n".join([*comments, *body, ""])


def latex_document(tables: tuple[Table, ...]) -> str:
    """A complete document of these tables that compiles as it is."""
    head = [
        r"\documentclass{article}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[a4paper,landscape,margin=15mm]{geometry}",
        r"\usepackage{booktabs}",
        r"\usepackage{graphicx}",
        r"\setlength{\belowcaptionskip}{6pt}",
        r"\pagestyle{empty}",
        r"\begin{document}",
    ]
    return "\n".join([*head, *(latex_table(table) for table in tables), r"\end{document}", ""])


def escaped(text: object) -> str:
    """Plain text with everything that LaTeX would read as a command made literal."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match.group()], str(text))


def _tabular(table: Table) -> list[str]:
    """Lines of the ``tabular``, rules included."""
    columns = pd.MultiIndex.from_tuples(
        [(group.title, column) for group in table.groups for column in group.columns],
        names=[None, table.row_title],
    )
    texts = [[entry_text(entry, _PLUS_MINUS) for entry in row] for row in table.entries]
    styles = [[_STYLES.get(entry.place or 0, "") for entry in row] for row in table.entries]
    frame = pd.DataFrame(texts, index=list(table.rows), columns=columns)
    styler = frame.style.apply(lambda _: pd.DataFrame(styles, index=frame.index, columns=columns), axis=None)
    styler = styler.format_index(escaped, axis=0).format_index(escaped, axis=1)
    column_format = "l" + "r" * len(columns)
    text = styler.to_latex(hrules=True, multicol_align="c", column_format=column_format)
    begin, toprule, group_line, *rest = text.rstrip("\n").split("\n")
    summary = len(rest) - 2 - table.num_summary_rows  # the last two lines are \bottomrule and \end
    if table.num_summary_rows:
        rest.insert(summary, r"\midrule")
    return [begin, toprule, group_line, _group_rules(table), *rest]


def _group_rules(table: Table) -> str:
    rules = []
    first = 2
    for group in table.groups:
        last = first + len(group.columns) - 1
        rules.append(rf"\cmidrule(lr){{{first}-{last}}}")
        first = last + 1
    return " ".join(rules)


def _block(table: Table) -> list[str]:
    lines = _tabular(table)
    if _num_columns(table) > _FITTING_COLUMNS:
        shrink_only = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
        lines = [shrink_only, *lines[:-1], f"{lines[-1]}}}"]
    return lines


def _num_columns(table: Table) -> int:
    return sum(len(group.columns) for group in table.groups)
