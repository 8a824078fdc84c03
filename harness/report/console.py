"""A table on a terminal: best bold, second underlined, notes below it."""

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from harness.leaderboard.tables import Column, Entry, Table
from harness.report.wording import REPORTED_MARK, caption, column_heading, entry_text, footnotes, marked_label

_STYLES = {1: "bold", 2: "underline"}


def console_table(table: Table) -> RenderableType:
    """A rich renderable: a table a column group, then caption and notes.

    Groups stand below each other, so that four metrics fit 80 columns however many data sets there are.
    """
    notes = (Text(note, style="yellow") for note in footnotes(table))
    return Group(*map(_one_group, table.by_groups()), Text(caption(table), style="dim"), *notes)


def _one_group(table: Table) -> RichTable:
    (group,) = table.groups
    # Text, not str: rich would read the brackets of "mfrnet [k=3]" as a style.
    shown = RichTable(title=Text(group), title_justify="left")
    shown.add_column(Text(table.row_title), overflow="fold")
    for column in table.columns:
        shown.add_column(Text(column_heading(table, column)), justify="right", overflow="fold")
    last = len(table.rows) - 1
    ends = {last, last - table.num_summary_rows}
    for number, (row, line) in enumerate(zip(table.rows, table.entries, strict=True)):
        shown.add_row(Text(marked_label(table, row)), *_cells(table, line), end_section=number in ends)
    for reported in table.reported:
        shown.add_row(Text(reported.label + REPORTED_MARK), *_cells(table, reported.entries))
    return shown


def _cells(table: Table, line: tuple[Entry, ...]) -> list[Text]:
    return [_marked(entry, column) for entry, column in zip(line, table.columns, strict=True)]


def _marked(entry: Entry, column: Column) -> Text:
    # A span, not the style of the whole cell, which would underline the padding too.
    return Text.assemble((entry_text(entry, column), _STYLES.get(entry.place or 0, "")))
