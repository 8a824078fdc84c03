"""``bench submit``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.cli.fit import FalseAlarms, FitLines, Rule, parse_rate
from harness.config import RunSettings
from harness.phrasing import counted

if TYPE_CHECKING:
    from harness.jobs.fit import FitProgress, Kept, Left
    from harness.jobs.submit import Written


@o.takes(RunSettings, only=("seeds", "overrides", "backbone", "weights", "protocol", "data", "device"))
def submit(
    given: o.Given,
    dataset: Annotated[str, typer.Argument(help="A data set with private test sets: mvtec_ad_2.")],
    method: Annotated[str, typer.Option(help="Method; see 'bench methods'.")] = "mfrnet",
    out: Annotated[Path | None, typer.Option(help="Folder to write (default: DATASET-METHOD-submission here).")] = None,
    models: Annotated[
        Path | None,
        typer.Option(help="Where kept detectors are looked for, and new ones kept (default: OUT-models)."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check the folder --out, which is there.")] = False,
    false_alarms: FalseAlarms = "5%",
    rule: Rule = None,
) -> None:
    """Write the folder that the evaluation server of a data set takes, with one method, and check it.

    The method is fitted on each category, with thresholds from the validation images alone, unless --models holds such
    a detector. Run it again after an interruption: what is written stays. Images of MVTec AD 2 have up to 5 megapixels,
    and --protocol aspect=tiles with a larger --image-size sees more of them.
    """
    from harness.jobs.submit import check as check_job
    from harness.jobs.submit import submit as submit_job

    settings = o.run_settings(given, datasets=(dataset,), methods=(method,))
    folder = out or Path(f"{dataset}-{method}-submission")
    if check:
        done = check_job(dataset, settings.data, folder)
    else:
        done = submit_job(
            dataset,
            settings,
            out=folder,
            models=models,
            rule=rule,
            false_alarms=parse_rate(false_alarms),
            on_event=_Lines(),
        )
    for fault in done.faults:
        print(fault, file=sys.stderr)
    if done.faults:
        print(f"bench: {counted(len(done.faults), 'fault')} in {folder}: not to be uploaded.", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{folder}: maps and masks of {counted(done.num_images, 'private image')}, {done.num_written} new; checked.")


class _Lines(FitLines):
    """The lines of a fit, and one for each tenth of a category that is written."""

    def __init__(self) -> None:
        super().__init__()
        self._written: tuple[str, int] | None = None

    def __call__(self, event: "FitProgress | Left | Kept | Written") -> None:
        """Print what is new."""
        from harness.jobs.submit import Written

        if not isinstance(event, Written):
            super().__call__(event)
        elif (now := (event.label, 10 * event.done // event.total)) != self._written:
            self._written = now
            print(f"{event.label}: {event.done}/{counted(event.total, 'private image')} written", flush=True)
