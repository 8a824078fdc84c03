"""``bench ablate``: what each setting of a method is worth, as ordinary cells, a table and figures."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import options as o
from harness.cli.run import exit_by_failures, told
from harness.config import RunSettings, parse_values
from harness.config.flag import WHAT, WHERE
from harness.errors import SettingsError


@o.takes(RunSettings, without=("datasets", "methods", "panels"))
def ablate(
    given: o.Given,
    targets: Annotated[list[str], typer.Argument(metavar="DATASET[/CATEGORY]...", help="What the cells run on.")],
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="SETTING=VALUES",
            help="Values between commas, as after --set: k=2,3,4 or layers=[2],[2,3]; repeatable.",
            rich_help_panel=WHAT,
        ),
    ],
    crossed: Annotated[
        bool,
        typer.Option("--crossed", help="All combinations, not one setting at a time.", rich_help_panel=WHAT),
    ] = False,
    method: Annotated[str, typer.Option(help="The method whose settings vary.", rich_help_panel=WHAT)] = "mfrnet",
    control: Annotated[
        str,
        typer.Option(
            help="Methods in rows of their own, e.g. gaussian (no restoration); the settings that they share with the "
            "method are equal.",
            rich_help_panel=WHAT,
        ),
    ] = "",
    metrics: Annotated[
        str,
        typer.Option(help="Columns of records, comma-separated, e.g. image_auroc,aupro_30.", rich_help_panel=WHAT),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for table and figures (default: RESULTS/ablation).", rich_help_panel=WHERE),
    ] = None,
    standalone: Annotated[bool, typer.Option("--standalone", help="A complete LaTeX document.")] = False,
    wide: Annotated[bool, typer.Option("--wide", help="Over both columns of a two-column paper.")] = False,
) -> None:
    """Vary settings around a base, run what is not stored, and write the ablation: LaTeX, Markdown, CSV, PDF, PNG.

    The base is the method's defaults with --config and --set. The cells are those of 'bench run'.
    """
    controls = o.split_names(control)
    settings = o.run_settings(given, datasets=targets, methods=(method, *controls))
    varied = _varied(vary)
    from harness.cli.show import print_tables
    from harness.jobs.ablate import ablate as ablate_job
    from harness.jobs.ablate import write_ablation
    from harness.jobs.places import beside_results

    shown = o.split_names(metrics) or None
    result = told(
        lambda tell: ablate_job(
            targets,
            varied,
            method=method,
            controls=controls,
            crossed=crossed,
            metrics=shown,
            settings=settings,
            on_event=tell,
        )
    )
    if result.table is None:
        print("None of these cells has a record, so there is nothing to show.")
    else:
        print_tables([result.table])
        folder = out or beside_results(settings.results, "ablation")
        for path in write_ablation(result, folder, standalone=standalone, wide=wide):
            print(path)
        for left_out in result.plots.left_out if result.plots else ():
            print(f"{left_out.name}: left out: {left_out.reason}.", file=sys.stderr)
    exit_by_failures(result.run, settings)


def _varied(vary: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    varied: dict[str, tuple[Any, ...]] = {}
    for text in vary:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not (equals and name and values.strip()):
            raise SettingsError(f"--vary: expected SETTING=VALUES, e.g. k=2,3,4, got {text!r}.")
        if name in varied:
            raise SettingsError(f"--vary {name}: expected one flag with all values between commas, got two flags.")
        varied[name] = parse_values(values)
    return varied
