"""``bench figures``: what the records say, drawn for a paper."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.config import RecordFilter


@o.takes(RecordFilter)
def figures(
    given: o.Given,
    wide: Annotated[bool, typer.Option("--wide", help="As wide as a page, not as one of two columns.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: RESULTS/figures).")] = None,
) -> None:
    """Write the figures as PDF and PNG; print the paths, and what is left out and why.

    Accuracy against latency, every category with intervals, ROC and PRO curves, critical differences.
    """
    wanted = o.records_asked_for(given)
    from harness.jobs.figures import figures as write_figures

    paths, made = write_figures(wanted, out=out, wide=wide)
    for path in paths:
        print(path)
    # Every line of stdout is a path, so the notes go to stderr.
    for plot in made.plots:
        for note in plot.heading.notes:
            print(f"{plot.heading.name}: not drawn: {note}.", file=sys.stderr)
    if made.left_out_records:
        print(f"{made.left_out_records}.", file=sys.stderr)
    for left_out in made.left_out:
        print(f"{left_out.name}: left out: {left_out.reason}.", file=sys.stderr)
