"""``bench report``: everything that the records say, on one page."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.config import RecordFilter


@o.takes(RecordFilter)
def report(
    given: o.Given,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page (default: report.html in RESULTS).")
    ] = None,
) -> None:
    """Write one HTML page that needs nothing else, and print its path and size.

    Leaderboards, accuracy against latency, curves, thresholds, heat maps and where the numbers come from; one section
    for each split unless --split names one.
    """
    wanted = o.records_asked_for(given)
    from harness.jobs.report import report as write_report

    path = write_report(out=out, **wanted.model_dump())
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
