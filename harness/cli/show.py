"""``bench leaderboard`` and ``bench tables``: what the records say, on the screen or in files."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.config import RecordFilter
from harness.phrasing import counted

if TYPE_CHECKING:
    from harness.leaderboard.tables import Table

Metrics = Annotated[str, typer.Option(help="Columns of records, comma-separated, e.g. image_auroc,aupro_30.")]


@o.takes(RecordFilter)
def leaderboard(
    given: o.Given,
    metrics: Metrics = "",
    failed: Annotated[bool, typer.Option("--failed", help="List failed cells and why, and nothing else.")] = False,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the records to one .parquet or .csv file, and nothing else."),
    ] = None,
) -> None:
    """Show methods x data sets and every category. A mean with a missing cell is withheld."""
    wanted = o.records_asked_for(given)
    from harness.jobs import leaderboard as job

    if export is not None:
        print(job.export(wanted, export))
    elif failed:
        lines, num_cells = job.failures(wanted)
        print("\n".join(lines) or f"No failed cell among {counted(num_cells, 'cell')}.")
    else:
        print_tables(job.board(wanted, o.split_names(metrics) or None))


@o.takes(RecordFilter)
def tables(
    given: o.Given,
    metrics: Metrics = "",
    spread: Annotated[
        str, typer.Option(help="What follows each mean: std, interval (95 % bootstrap) or none.")
    ] = "std",
    reported: Annotated[
        bool, typer.Option("--reported", help="Published numbers in a block below the main table, never ranked.")
    ] = False,
    wide: Annotated[bool, typer.Option("--wide", help="LaTeX over both columns of a two-column paper.")] = False,
    longtable: Annotated[
        bool, typer.Option("--longtable", help="LaTeX that breaks across pages, as long tables do by themselves.")
    ] = False,
    standalone: Annotated[bool, typer.Option("--standalone", help="Complete LaTeX documents.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: RESULTS/tables).")] = None,
) -> None:
    """Write the tables as LaTeX (booktabs), Markdown and CSV, and print the paths.

    Methods x data sets, categories of each data set, costs, and the settings of each method that has several.
    """
    wanted = o.records_asked_for(given)
    from harness.jobs.tables import tables as write_tables

    paths = write_tables(
        out=out,
        metrics=o.split_names(metrics) or None,
        spread=spread,
        reported=reported,
        wide=wide,
        longtable=longtable,
        standalone=standalone,
        **wanted.model_dump(),
    )
    for path in paths:
        print(path)


def print_tables(tables: "Iterable[Table]") -> None:
    """Print tables as the terminal shows them."""
    from rich.console import Console

    from harness.report import console_table

    console = Console()
    for table in tables:
        console.print(console_table(table))
