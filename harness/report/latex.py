"""The table for a paper: booktabs, best bold, second underlined, on unrounded values.

Lines are written here and not by pandas' Styler, which has no group headings inside the body, no rules
under column groups and no say in where a long table breaks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.report.wording import (
    OTHER_SEEDS_MARK,
    REPORTED_MARK,
    REPORTED_TEXT,
    Numbers,
    Spread,
    caption,
    footnotes,
    marked_label,
    numbers,
    unit_text,
)
from harness.tables import Entry, Table

Environment = Literal["table", "table*", "longtable"]
"""A float, one over both columns of a two-column paper, or a table that breaks across pages."""

_STYLES = {1: r"\textbf{%s}", 2: r"\underline{%s}"}
_LINE_PT = {"table": 345.0, "table*": 469.0, "longtable": 345.0}
"""Width of the text of the article class at 10 pt, in one column and over two."""
_SMALLEST = 2 / 3  # below, shrinking to the line makes figures too small to read
_SURE = 0.9  # widths are estimates
_PAGE_LINES = 35  # rows of 12 pt that fit the article class's page beside caption, headings and notes
_LONGTABLE_SIZES = {r"\normalsize": 1.0, r"\small": 0.9, r"\footnotesize": 0.8, r"\scriptsize": 0.7}

# One pass over the text, so that a replacement's own backslash is not replaced again.
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': "{''}",
    "±": r"$\pm$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    OTHER_SEEDS_MARK: r"$^\dagger$",
    REPORTED_MARK: r"$^\ddagger$",
} | {character: f"\\{character}" for character in "&$#_{}%"}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPES)))


def latex_table(table: Table, *, environment: Environment | None = None, spread: Spread = "std") -> str:
    """A table with caption and label, to include in a paper.

    A float that is too wide for the line is shrunk to it; one that would become too small to read has
    its column groups below each other. A long table, which nothing can shrink, is set smaller instead.

    Args:
        table: What to show.
        environment: None chooses ``longtable`` where a float would not fit a page, else ``table``. It
            is never chosen for two columns: LaTeX has no long tables there.
        spread: What follows each mean.
    """
    if environment is None:
        is_long = _num_lines(table, _stacks(table, "table", spread)) > _PAGE_LINES
        environment = "longtable" if is_long else "table"
    block = _Block.of(table, spread, stacked=_stacks(table, environment, spread))
    return (_long if environment == "longtable" else _float)(table, block, environment, spread)


def latex_document(
    tables: tuple[Table, ...], *, environment: Environment | None = None, spread: Spread = "std"
) -> str:
    """A complete document of these tables that compiles as it is."""
    head = [
        r"\documentclass{article}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[a4paper,landscape,margin=15mm]{geometry}",
        r"\usepackage{booktabs}",
        r"\usepackage{graphicx}",
        r"\usepackage{longtable}",
        r"\setlength{\belowcaptionskip}{6pt}",
        r"\pagestyle{empty}",
        r"\begin{document}",
    ]
    bodies = (latex_table(table, environment=environment, spread=spread) for table in tables)
    return "\n".join([*head, *bodies, r"\end{document}", ""])


def escaped(text: object) -> str:
    """Plain text on one line with everything that LaTeX would read as a command made literal."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match.group()], " ".join(str(text).split()))


@dataclass(frozen=True)
class _Block:
    """The lines of one tabular, and how wide it will be."""

    column_format: str
    head: list[str]
    """From the group headings to the rule above the first row."""
    body: list[str]
    width_pt: float
    """An estimate at 10 pt, in points."""

    @classmethod
    def of(cls, table: Table, spread: Spread, *, stacked: bool) -> "_Block":
        """Set a table, its groups side by side or stacked below each other.

        Args:
            table: What to show.
            spread: What follows each mean.
            stacked: A group's heading then stands above its rows, and all groups share one head.
        """
        parts = table.by_group() if stacked else (table,)
        columns = table.columns if stacked else table.columns * len(table.groups)
        texts = [_texts(part, spread) for part in parts]
        body: list[str] = []
        for part, rows in zip(parts, texts, strict=True):
            if stacked:
                body += [*([r"\midrule"] if body else []), _spanning(part.groups[0], len(columns) + 1), r"\addlinespace"]
            body += _body(part, rows, len(columns), r"\addlinespace" if stacked else r"\midrule")
        titles = [marked_label(table, column.title) for column in columns]
        units = [unit_text(column) for column in columns]
        head = [] if stacked else _group_head(table)
        head.append(_line([escaped(table.row_title), *map(escaped, titles)]))
        if any(units):
            head.append(_line(["", *map(escaped, units)]))
        return cls(
            column_format="l" + "r" * len(columns),
            head=[r"\toprule", *head, r"\midrule"],
            body=body,
            width_pt=_width_pt(table, titles, [row for rows in texts for row in rows]),
        )


@dataclass(frozen=True)
class _Text:
    """One cell: as LaTeX, and the characters that a reader sees."""

    latex: str
    visible: str


def _float(table: Table, block: _Block, environment: Environment, spread: Spread) -> str:
    shrinks = block.width_pt > _SURE * _LINE_PT[environment]
    tabular = [
        rf"\begin{{tabular}}{{{block.column_format}}}",
        *block.head,
        *block.body,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if shrinks:
        shrink_only = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
        tabular = [shrink_only, *tabular[:-1], f"{tabular[-1]}}}"]
    lines = [
        _needs("booktabs", *(["graphicx"] if shrinks else [])),
        rf"\begin{{{environment}}}[t]",
        r"\centering",
        rf"\caption{{{escaped(caption(table, spread))}}}",
        _label(table),
        *tabular,
        *_notes(table),
        rf"\end{{{environment}}}",
    ]
    return "\n".join([*lines, ""])


def _long(table: Table, block: _Block, environment: Environment, spread: Spread) -> str:
    fitting = [
        size for size, scale in _LONGTABLE_SIZES.items() if scale * block.width_pt <= _SURE * _LINE_PT[environment]
    ]
    num_columns = len(block.column_format)
    lines = [
        _needs("booktabs", "longtable"),
        rf"{{{fitting[0] if fitting else min(_LONGTABLE_SIZES, key=_LONGTABLE_SIZES.__getitem__)}",
        r"\setlength{\LTcapwidth}{\linewidth}",
        *([] if fitting else [r"\setlength{\tabcolsep}{3pt}"]),
        rf"\begin{{longtable}}{{{block.column_format}}}",
        rf"\caption{{{escaped(caption(table, spread))}}}",
        rf"{_label(table)}\\",
        *block.head,
        r"\endfirsthead",
        rf"\multicolumn{{{num_columns}}}{{l}}{{\emph{{Table \thetable, continued}}}} \\",
        *block.head,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *block.body,
        r"\end{longtable}",
        *_notes(table),
        r"\par}",
    ]
    return "\n".join([*lines, ""])


def _stacks(table: Table, environment: Environment, spread: Spread) -> bool:
    if len(table.groups) == 1:
        return False
    smallest = 1.0 if environment == "longtable" else _SMALLEST
    return smallest * _Block.of(table, spread, stacked=False).width_pt > _LINE_PT[environment]


def _num_lines(table: Table, stacked: bool) -> int:
    of_groups = [len(part.rows) + len(part.reported) + 2 for part in table.by_group()]
    return sum(of_groups) if stacked else max(of_groups)


def _body(table: Table, texts: list[list[_Text]], num_columns: int, separator: str) -> list[str]:
    labels = [*(marked_label(table, row) for row in table.rows), *(row.label + REPORTED_MARK for row in table.reported)]
    lines = [
        _line([escaped(label), *(text.latex for text in row)]) for label, row in zip(labels, texts, strict=True)
    ]
    if table.reported:
        lines[len(table.rows) : len(table.rows)] = [separator, _spanning(REPORTED_TEXT, num_columns + 1)]
    if table.num_summary_rows:
        lines.insert(len(table.rows) - table.num_summary_rows, separator)
    return lines


def _texts(table: Table, spread: Spread) -> list[list[_Text]]:
    """The cells of all rows, measured and reported, padded so that the decimals of a column are aligned."""
    rows = [*table.entries, *(row.entries for row in table.reported)]
    columns = table.columns * len(table.groups)
    of_columns = []
    for column, entries in zip(columns, zip(*rows, strict=True), strict=True):
        shown = [numbers(entry, column, spread) for entry in entries]
        of_columns.append([_padded(entry, one, shown) for entry, one in zip(entries, shown, strict=True)])
    return [list(row) for row in zip(*of_columns, strict=True)]


def _padded(entry: Entry, shown: Numbers, column: Sequence[Numbers]) -> _Text:
    """A cell as wide right of its decimal point as every other of its column.

    Decimals are fixed and columns flush right, so it is enough to pad what follows the mean: figures
    are all equally wide, and ``\\phantom`` takes the room of those that a cell lacks.
    """
    std_digits = max((len(one.std) for one in column if one.std is not None), default=0)
    ends = [end for one in column if one.interval is not None for end in one.interval]
    end_digits = max(map(len, ends), default=0)

    def digits(text: str, width: int) -> str:
        missing = width - len(text)
        return (rf"\phantom{{{'0' * missing}}}" if missing else "") + text

    after = ""
    missing = ""
    if shown.std is not None:
        after = rf" $\pm$ {digits(shown.std, std_digits)}"
    elif shown.interval is not None:
        low, high = (digits(end, end_digits) for end in shown.interval)
        after = f" [{low}, {high}]"
    elif std_digits:
        missing = rf"\phantom{{ $\pm$ {'0' * (std_digits - 1)}.}}"
    elif end_digits:
        end = "0" * (end_digits - 1) + "."
        missing = rf"\phantom{{ [{end}, {end}]}}"
    style = _STYLES.get(entry.place or 0, "%s")
    return _Text(latex=style % (shown.mean + after) + missing, visible=shown.text())


def _group_head(table: Table) -> list[str]:
    num_columns = len(table.columns)
    headings = [rf"\multicolumn{{{num_columns}}}{{c}}{{{escaped(group)}}}" for group in table.groups]
    firsts = [2 + number * num_columns for number in range(len(table.groups))]
    rules = [rf"\cmidrule(lr){{{first}-{first + num_columns - 1}}}" for first in firsts]
    return [_line(["", *headings]), " ".join(rules)]


def _spanning(text: str, num_columns: int) -> str:
    return rf"\multicolumn{{{num_columns}}}{{l}}{{\emph{{{escaped(text)}}}}} \\"


def _line(cells: list[str]) -> str:
    # After the \\ of the line above, LaTeX would read a bracket or a star as its argument.
    guard = "{}" if cells[0].startswith(("[", "*")) else ""
    return f"{guard}{' & '.join(cells)} \\\\"


def _notes(table: Table) -> list[str]:
    lines = footnotes(table)
    if not lines:
        return []
    text = "\\par\n".join(escaped(line) for line in lines)
    return [r"\par\smallskip", rf"\parbox{{\linewidth}}{{\footnotesize\sloppy {text}}}"]


def _label(table: Table) -> str:
    return rf"\label{{tab:{re.sub('[^A-Za-z0-9]+', '-', table.name)}}}"


def _needs(*packages: str) -> str:
    return f"% Needs {' and '.join(rf'\usepackage{{{name}}}' for name in packages)} in the preamble."


def _width_pt(table: Table, titles: Sequence[str], texts: Sequence[Sequence[_Text]]) -> float:
    labels = [table.row_title, *table.rows, *(row.label for row in table.reported)]
    columns = [
        max(_text_width_pt(text) for text in (title, *(row[number].visible for row in texts)))
        for number, title in enumerate(titles)
    ]
    gap_pt = 12.0  # \tabcolsep on both sides
    return max(map(_text_width_pt, labels)) + sum(columns) + gap_pt * (len(columns) + 1)


def _text_width_pt(text: str) -> float:
    # Computer Modern at 10 pt: figures 5 pt, bold ones 5.75 pt, capitals 7 pt, small letters near 5 pt.
    return sum(7.2 if character.isupper() else 5.3 for character in text)
