"""``bench store``: the care of the folder that results are in."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.environment import default_results
from harness.phrasing import counted

app = typer.Typer(
    help="Check stored records, gather them into fewer files, write them to one file, bring several stores together.",
    no_args_is_help=True,
)


@app.command()
def check(results: o.Results = None) -> None:
    """Read every record and its image scores, and name what is damaged; such cells run again with 'bench run'."""
    from harness.jobs.stores import check_results

    found = check_results(results or default_results())
    for line in (*found.faults, *(f"Note: {note}." for note in found.notes)):
        print(line)
    print(
        f"{counted(found.num_records, 'record')} in {counted(found.num_loose, 'part')} and "
        f"{counted(found.num_packs, 'pack')}, {counted(len(found.faults), 'fault')}."
    )
    if found.faults:
        raise typer.Exit(1)


@app.command()
def compact(results: o.Results = None) -> None:
    """Gather the small files of many cells into large ones, which are read faster; safe while a run goes on."""
    from harness.jobs.stores import compact_results

    print(f"{counted(compact_results(results or default_results()), 'part')} gathered.")


@app.command()
def export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The .parquet or .csv file to write.")],
    results: o.Results = None,
) -> None:
    """Write every record to one file; 'bench leaderboard --export' writes the newest that a filter chooses."""
    from harness.jobs.stores import export_results

    print(export_results(results or default_results(), path))


@app.command()
def merge(
    sources: Annotated[list[str], typer.Argument(metavar="FROM...", help="Folders or addresses of other results.")],
    results: o.Results = None,
) -> None:
    """Copy records, image scores and costs of other results into these. Panels and kept models stay behind.

    A finished cell goes before a failed one and a later record before an earlier one. Cells that are finished on both
    sides with different results are named, and the exit code is then 1.
    """
    from harness.jobs.stores import merge_results

    merged = merge_results(sources, results or default_results())
    for line in merged.conflicts:
        print(f"Conflict: {line}.")
    print(
        f"{counted(merged.num_copied, 'record')} and the costs of {counted(merged.num_costs, 'cell')} copied, "
        f"{counted(merged.num_kept, 'record')} there already, {counted(len(merged.conflicts), 'conflict')}."
    )
    if merged.conflicts:
        raise typer.Exit(1)
