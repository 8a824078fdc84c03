"""``bench report``: everything that the records say, or that a detector said of images, on one page."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.config import RecordFilter
from harness.errors import SettingsError


@o.takes(RecordFilter)
def report(
    given: o.Given,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="What 'bench predict --out FOLDER' wrote, instead of stored results."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page (default: report.html in FOLDER or in RESULTS).")
    ] = None,
) -> None:
    """Write one HTML page that needs nothing else, and print its path and size.

    Of stored results: leaderboards, accuracy against latency, curves, thresholds, heat maps and where the numbers come
    from; one section for each split unless --split names one. Of predictions: the detector, a threshold to move, and
    the images, highest scores first.
    """
    path = _of_records(given, out) if folder is None else _of_predictions(given, folder, out)
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")


def _of_records(given: o.Given, out: Path | None) -> Path:
    wanted = o.records_asked_for(given)
    from harness.jobs.report import report as write_report

    return write_report(out=out, **wanted.model_dump())


def _of_predictions(given: o.Given, folder: Path, out: Path | None) -> Path:
    if given:
        flag = f"--{next(iter(given)).replace('_', '-')}"
        raise SettingsError(f"{flag} chooses stored results: expected FOLDER or {flag}, got both.")
    from harness.jobs.report_predictions import report_predictions

    return report_predictions(folder, out)
