"""A table on a terminal: best bold, second underlined, what is withheld named beneath."""

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from harness.report.wording import caption, entry_text
from harness.tables import Entry, Table

_STYLES = {1: "bold", 2: "underline"}


def console_table(table: Table) -> RenderableType:
    """A rich renderable: a table a column group, then caption and notes.

    Groups stand below each other, so that four metrics fit 80 columns however many data sets there are.
    """
    notes = (Text(note, style="yellow") for note in table.notes)
    return Group(*map(_one_group, table.by_group()), Text(caption(table), style="dim"), *notes)


def _one_group(table: Table) -> RichTable:
    (group,) = table.groups
    # Text, not str: rich would read the brackets of "mfrnet [k=3]" as a style.
    shown = RichTable(title=Text(group.title), title_justify="left")
    shown.add_column(Text(table.row_title), overflow="fold")
    for column in group.columns:
        shown.add_column(Text(column), justify="right", overflow="fold")
    last_plain = len(table.rows) - table.num_summary_rows - 1
    for number, (row, line) in enumerate(zip(table.rows, table.entries, strict=True)):
        cells = [_marked(entry) for entry in line]
        shown.add_row(Text(row), *cells, end_section=number == last_plain)
    return shown


def _marked(entry: Entry) -> Text:
    # A span, not the style of the whole cell, which would underline the padding too.
    return Text.assemble((entry_text(entry), _STYLES.get(entry.place or 0, "")))
