"""``bench robustness``: what methods lose under corrupted test images and contaminated training sets."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.cli.show import Metrics, print_tables
from harness.config import RecordFilter


@o.takes(RecordFilter, without=("corrupt", "contaminate", "data"))
def robustness(
    given: o.Given,
    metrics: Metrics = "",
    wide: Annotated[bool, typer.Option("--wide", help="Figures as wide as a page.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: RESULTS/robustness).")] = None,
) -> None:
    """Show what is lost against undisturbed cells, and write table and curves: LaTeX, Markdown, CSV, PDF, PNG.

    The records are those of 'bench run --corrupt' and 'bench run --contaminate', each beside the cell without.
    """
    wanted = o.records_asked_for(given)
    from harness.jobs.robustness import robustness as job

    found = job(wanted, metrics=o.split_names(metrics) or None, out=out, wide=wide)
    print_tables([found.table])
    for path in found.paths:
        print(path)
    for left_out in found.plots.left_out:
        print(f"{left_out.name}: left out: {left_out.reason}.", file=sys.stderr)
