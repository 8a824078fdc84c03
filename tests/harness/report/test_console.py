import io
from dataclasses import replace

from rich.console import Console

from harness.leaderboard.tables import Table
from harness.report.console import console_table
from tests.support.tables import REPORTED, TABLE


def rendered(table: Table, *, width: int = 80, styled: bool = False) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=styled, color_system="standard" if styled else None
    )
    console.print(console_table(table))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_table_a_group_shows_percent_and_dashes() -> None:
    text = rendered(TABLE)
    assert "demo" in text
    assert "│ mfrnet [k=3] │  95.1 ± 0.4 │  90.0 ± 1.0 │" in text
    assert "│ pixel_mean   │        80.0 │    -- │" in text


def test_the_best_is_bold_and_the_second_underlined() -> None:
    text = rendered(TABLE, styled=True)
    assert "\x1b[1m95.1 ± 0.4\x1b[0m" in text
    assert "\x1b[4m90.0 ± 0.2\x1b[0m" in text


def test_brackets_in_a_name_are_shown_not_read_as_style() -> None:
    text = rendered(replace(TABLE, rows=("a [bold]", "b [/x]", "c"), notes=("d [red]",)))
    assert "a [bold]" in text
    assert "b [/x]" in text
    assert "d [red]" in text


def test_summary_rows_stand_under_a_line() -> None:
    lines = rendered(replace(TABLE, num_summary_rows=1)).splitlines()
    (first, _) = [number for number, line in enumerate(lines) if "constant" in line]
    assert lines[first - 1].startswith("├")


def test_reported_rows_stand_under_a_line_and_only_where_they_have_a_number() -> None:
    lines = rendered(replace(TABLE, reported=REPORTED), width=100).splitlines()
    (row, source) = [number for number, line in enumerate(lines) if "PatchCore_W‡" in line]
    assert lines[row - 1].startswith("├")
    assert lines[source] == "PatchCore_W‡: demo: its paper, arXiv 2106.08265"
