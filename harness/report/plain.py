"""The table as Markdown for people and as CSV for programs."""

import csv
import io
import re
from collections.abc import Sequence

from harness.leaderboard.tables import Entry, Table
from harness.report.wording import (
    REPORTED_MARK,
    Spread,
    base_unit_headings,
    caption,
    column_headings,
    entry_text,
    marked_label,
)

_MARKS = {1: "**{}**", 2: "<u>{}</u>"}
_MEASURED = "measured"


def markdown_table(table: Table, *, spread: Spread = "std") -> str:
    """A GitHub table with the caption above and the notes below; best bold, second underlined.

    With reported rows it has a last column ``source``.

    Args:
        table: What to show.
        spread: What follows each mean.
    """
    source = ["source"] if table.reported else []
    headings = [*(_escape(heading) for heading in (table.row_title, *column_headings(table))), *source]
    lines = [_line(headings), _line(["---", *["---:"] * len(column_headings(table)), *["---"] * len(source)])]
    for row, entries in zip(table.rows, table.entries, strict=True):
        cells = _cells(table, entries, spread)
        lines.append(_line([_escape(marked_label(table, row)), *cells, *([_MEASURED] if source else [])]))
    for reported in table.reported:
        cells = _cells(table, reported.entries, spread)
        lines.append(_line([_escape(reported.label + REPORTED_MARK), *cells, _escape(reported.source)]))
    notes = [f"- {_escape(note)}" for note in table.notes]
    return "\n".join([_escape(caption(table, spread)), "", *lines, *([""] if notes else []), *notes, ""])


def csv_table(table: Table) -> str:
    """Unrounded values in base units: fractions, seconds, bytes.

    A place without a number says why: ``withheld``, ``not defined`` or ``not measured``. Each column of fractions is
    followed by ``std``, ``low`` and ``high``, the ends of the 95 % bootstrap interval. With reported rows there is a
    last column ``source``.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    source = ["source"] if table.reported else []
    headings = [
        f"{heading}{ending}"
        for heading, has_spread in zip(base_unit_headings(table), _has_spread(table), strict=True)
        for ending in ("", *((" std", " low", " high") if has_spread else ()))
    ]
    writer.writerow([table.row_title, *headings, *source])
    for row, entries in zip(table.rows, table.entries, strict=True):
        writer.writerow([row, *_values(table, entries), *([_MEASURED] if source else [])])
    for reported in table.reported:
        writer.writerow([reported.label, *_values(table, reported.entries), reported.source])
    return stream.getvalue()


def _has_spread(table: Table) -> list[bool]:
    return [column.quantity == "fraction" for _ in table.groups for column in table.columns]


def _values(table: Table, entries: Sequence[Entry]) -> list[float | str | None]:
    values: list[float | str | None] = []
    for entry, has_spread in zip(entries, _has_spread(table), strict=True):
        mean = entry.absence if entry.mean is None else entry.mean
        values += [mean, entry.std, entry.low, entry.high] if has_spread else [mean]
    return values


def _cells(table: Table, entries: Sequence[Entry], spread: Spread) -> list[str]:
    columns = table.columns * len(table.groups)
    return [
        _MARKS.get(entry.place or 0, "{}").format(entry_text(entry, column, spread))
        for entry, column in zip(entries, columns, strict=True)
    ]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return re.sub(r"([\\|*_<`])", r"\\\1", " ".join(text.split()))
