"""``bench fit`` and ``bench threshold``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.config import RunSettings
from harness.errors import SettingsError
from harness.phrasing import counted

if TYPE_CHECKING:
    from harness.bundles import Thresholds
    from harness.jobs.fit import FitProgress, Kept, Left

_THRESHOLD = "The threshold"
FalseAlarms = Annotated[
    str,
    typer.Option(
        "--false-alarms",
        metavar="RATE",
        help="Share of good parts that may raise an alarm, e.g. 2% or 0.02.",
        rich_help_panel=_THRESHOLD,
    ),
]
Rule = Annotated[str | None, o.option_of(RunSettings, "threshold_rule")]


@o.takes(RunSettings, only=("seeds", "overrides", "backbone", "weights", "protocol", "data", "device"))
def fit(
    given: o.Given,
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET[/CATEGORY]", help="Data set, or folder with a dataset.toml.")
    ],
    method: Annotated[str, typer.Option(help="Method; see 'bench methods'.")] = "mfrnet",
    out: Annotated[Path | None, typer.Option(help="Folder of the bundle (default: DATASET-METHOD here).")] = None,
    without_backbone: Annotated[
        bool, typer.Option("--without-backbone", help="Leave the backbone out; its weights are needed to load it.")
    ] = False,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Leave out images that cannot be read, and name them.")
    ] = False,
    false_alarms: FalseAlarms = "5%",
    rule: Rule = None,
    calibration_share: Annotated[
        float,
        typer.Option(
            help="Share of the good images that is held out for the threshold, where the data set has no validation "
            "images for it.",
            rich_help_panel=_THRESHOLD,
        ),
    ] = 0.25,
    calibration_folds: Annotated[
        int,
        typer.Option(
            help="Instead of both: every image is held out once, from one of N detectors fitted for it.",
            rich_help_panel=_THRESHOLD,
        ),
    ] = 0,
) -> None:
    """Fit a detector on all good images, set its threshold from good images alone, and keep it as a bundle."""
    settings = o.run_settings(given, datasets=(dataset,), methods=(method,))
    from harness.jobs.fit import fit as fit_job

    show = FitLines()
    fit_job(
        settings,
        out=out or Path(f"{(Path(dataset).name or Path(dataset).resolve().name).removesuffix('.toml')}-{method}"),
        with_backbone=not without_backbone,
        skip_unreadable=skip_unreadable,
        false_alarms=parse_rate(false_alarms),
        rule=rule,
        share=calibration_share,
        folds=calibration_folds,
        on_event=show,
    )


def threshold(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle, as 'bench fit' wrote it.")],
    false_alarms: FalseAlarms = "5%",
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            metavar="order|mean-3sd",
            help="order: the order statistic for --false-alarms; mean-3sd: mean plus three standard deviations.",
            rich_help_panel=_THRESHOLD,
        ),
    ] = "order",
) -> None:
    """Set the threshold of a bundle for another rate of false alarms, without fitting again."""
    from harness.jobs.threshold import threshold as threshold_job

    for line in told_thresholds(threshold_job(bundle, false_alarms=parse_rate(false_alarms), rule=rule)):
        print(line)


def parse_rate(text: str) -> float:
    """A share as a fraction or in percent.

    Raises:
        SettingsError: It is none.

    >>> parse_rate("2%"), parse_rate("0.02")
    (0.02, 0.02)
    """
    try:
        rate = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        rate = -1.0
    if not 0 < rate < 1:
        raise SettingsError(f"--false-alarms: expected a share above 0 and below 1, e.g. 2% or 0.02, got {text!r}.")
    return rate


def told_thresholds(found: "Thresholds") -> list[str]:
    """What a user should know about thresholds, in two sentences."""
    asked = "mean + 3 sd" if found.false_alarms is None else f"{100 * found.false_alarms:g} % false alarms"
    return [
        f"Threshold for {asked}: score {found.score:.6g}, pixel {found.pixel:.6g}.",
        f"{found.num_above} of {counted(found.num_groups, 'held-out good image')} above it: the true rate is between "
        f"{100 * found.low:.2g} and {100 * found.high:.2g} % (95 % interval).",
    ]


class FitLines:
    """One line for a fit, and again for each tenth of it."""

    def __init__(self) -> None:
        self._shown: tuple[str, int, int] | None = None

    def __call__(self, event: "FitProgress | Left | Kept") -> None:
        """Print what is new."""
        from harness.jobs.fit import FitProgress, Kept, Left

        match event:
            case Left(reason=reason):
                print(f"Left out: {reason}", file=sys.stderr, flush=True)
            case Kept(folder=folder, description=description):
                print(f"Kept: {folder} ({counted(description.origin.num_images, 'image')} fitted)")
                if description.thresholds is not None:
                    print("\n".join(told_thresholds(description.thresholds)), flush=True)
            case FitProgress() as at:
                tenth = 10 * at.done // max(at.total, 1)
                if (now := (at.label, at.fit, tenth)) != self._shown:
                    self._shown = now
                    of = f", fit {at.fit} of {at.num_fits}" if at.num_fits > 1 else ""
                    loss = "" if at.loss is None else f", loss {at.loss:.4g}"
                    print(f"{at.label}{of}: {at.done}/{at.total}{loss}", flush=True)
