"""The table as Markdown for people and as CSV for programs."""

import csv
import io
import re

from harness.report.wording import caption, column_headings, entry_text
from harness.tables import Entry, Table

_MARKS = {1: "**{}**", 2: "<u>{}</u>"}


def markdown_table(table: Table) -> str:
    """A GitHub table with the caption above and the notes below; best bold, second underlined."""
    headings = [_escape(heading) for heading in (table.row_title, *column_headings(table))]
    lines = [_line(headings), _line(["---", *["---:"] * (len(headings) - 1)])]
    for row, entries in zip(table.rows, table.entries, strict=True):
        lines.append(_line([_escape(row), *(_marked(entry) for entry in entries)]))
    notes = [f"- {_escape(note)}" for note in table.notes]
    return "\n".join([_escape(caption(table)), "", *lines, *([""] if notes else []), *notes, ""])


def csv_table(table: Table) -> str:
    """Unrounded fractions in [0, 1], a column for the mean and one for the std; empty when withheld."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    headings = [part for heading in column_headings(table) for part in (heading, f"{heading} std")]
    writer.writerow([table.row_title, *headings])
    for row, entries in zip(table.rows, table.entries, strict=True):
        writer.writerow([row, *(value for entry in entries for value in (entry.mean, entry.std))])
    return stream.getvalue()


def _marked(entry: Entry) -> str:
    return _MARKS.get(entry.place or 0, "{}").format(entry_text(entry))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return re.sub(r"([\\|*_<`])", r"\\\1", text)
