"""The lines of one LaTeX tabular: heads, rows, aligned decimals, and an estimate of its width.

Lines are written here and not by pandas' Styler, which has no group headings inside the body, no rules
under column groups and no say in where a long table breaks.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from harness.leaderboard.tables import Entry, Table
from harness.report.wording import (
    OTHER_SEEDS_MARK,
    REPORTED_MARK,
    REPORTED_TEXT,
    Numbers,
    Spread,
    marked_label,
    numbers,
    unit_text,
)

TABCOLSEP_PT = 6.0
_STYLES = {1: r"\textbf{%s}", 2: r"\underline{%s}"}
_LINES_KEPT_TOGETHER = 20
_HEADING_LETTERS = 12  # a longer heading has several lines; "image AUROC" has one

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
    # Behind the \\ of a line above, these would be its argument.
    "[": "{[}",
    "*": "{*}",
    "±": r"$\pm$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    OTHER_SEEDS_MARK: r"$^\dagger$",
    REPORTED_MARK: r"$^\ddagger$",
} | {character: f"\\{character}" for character in "&$#_{}%"}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPES)))


def escaped(text: object) -> str:
    """Plain text on one line with everything that LaTeX would read as a command made literal."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match.group()], " ".join(str(text).split()))


@dataclass(frozen=True)
class Block:
    """The lines of one tabular, and how wide it will be."""

    column_format: str
    head: list[str]
    """From the group headings to the rule above the first row."""
    body: list[str]
    width_pt: float
    """An estimate at 10 pt, in points."""

    @property
    def num_lines(self) -> int:
        """The rows, headings and rules that the block puts on a page."""
        return len(self.head) + len(self.body)

    @classmethod
    def of(cls, table: Table, spread: Spread, *, stacked: bool) -> "Block":
        """Set a table, its groups side by side or stacked below each other.

        Args:
            table: What to show.
            spread: What follows each mean.
            stacked: A group's heading then stands above its rows, and all groups share one head.
        """
        parts = table.by_groups() if stacked else (table,)
        columns = table.columns if stacked else table.columns * len(table.groups)
        texts = [_texts(part, spread) for part in parts]
        body: list[str] = []
        for part, rows in zip(parts, texts, strict=True):
            if stacked:
                body += [*([r"\midrule"] if body else []), _spanning(part.groups[0], len(columns) + 1)]
            lines = _body(part, rows, len(columns), r"\addlinespace" if stacked else r"\midrule")
            body += _kept_together(lines) if stacked and len(lines) <= _LINES_KEPT_TOGETHER else lines
        titles = [_heading_lines(marked_label(table, column.title)) for column in columns]
        units = [unit_text(column) for column in columns]
        head = [] if stacked else _group_head(table)
        head.append(_line([escaped(table.row_title), *map(_heading, titles)]))
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


def _body(table: Table, texts: list[list[_Text]], num_columns: int, separator: str) -> list[str]:
    labels = [*(marked_label(table, row) for row in table.rows), *(row.label + REPORTED_MARK for row in table.reported)]
    lines = [_line([escaped(label), *(text.latex for text in row)]) for label, row in zip(labels, texts, strict=True)]
    if table.reported:
        lines[len(table.rows) : len(table.rows)] = [separator, _spanning(REPORTED_TEXT, num_columns + 1)]
    if table.num_summary_rows:
        lines.insert(len(table.rows) - table.num_summary_rows, separator)
    return lines


def _kept_together(lines: list[str]) -> list[str]:
    """Rows that no page break parts, and so never from the heading of their group."""
    return [re.sub(r"\\\\$", r"\\\\*", line) for line in lines[:-1]] + lines[-1:]


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
    r"""A cell as wide right of its decimal point as every other of its column.

    Decimals are fixed and columns flush right, so it is enough to pad what follows the mean: figures
    are all equally wide, and ``\phantom`` takes the room of those that a cell lacks.
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
    # The star forbids a page break.
    return rf"\multicolumn{{{num_columns}}}{{l}}{{\emph{{{escaped(text)}}}}} \\*"


def _line(cells: list[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _heading_lines(title: str) -> list[str]:
    return textwrap.wrap(title, _HEADING_LETTERS, break_long_words=False, break_on_hyphens=False)


def _heading(lines: Sequence[str]) -> str:
    text = r"\\".join(map(escaped, lines))
    return rf"\shortstack[r]{{{text}}}" if len(lines) > 1 else text


def _width_pt(table: Table, titles: Sequence[Sequence[str]], texts: Sequence[Sequence[_Text]]) -> float:
    labels = [table.row_title, *table.rows, *(row.label for row in table.reported)]
    columns = [
        max(_text_width_pt(text) for text in (*title, *(row[number].visible for row in texts)))
        for number, title in enumerate(titles)
    ]
    return max(map(_text_width_pt, labels)) + sum(columns) + 2 * TABCOLSEP_PT * (len(columns) + 1)


def _text_width_pt(text: str) -> float:
    # Computer Modern at 10 pt: figures 5 pt, bold ones 5.75 pt, capitals 7 pt, small letters near 5 pt.
    return sum(7.2 if character.isupper() else 5.3 for character in text)
