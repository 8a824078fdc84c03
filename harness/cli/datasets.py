"""``bench datasets``: what can be run on, what is in place, and whether it is sound."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from harness.cli import describe, unpack
from harness.cli import options as o
from harness.environment import default_data_root

app = typer.Typer(
    help="List data sets, unpack or describe new ones, or read one from end to end and say what is wrong.",
    no_args_is_help=True,
)

app.command()(describe.describe)
app.command()(unpack.unpack)

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(data: o.Data = None, as_json: AsJson = False) -> None:
    """Show every known data set: whether it is in place, its layout, licence and source."""
    from harness.datasets import DATASETS
    from harness.datasets.catalog import DEMO, installed

    root = (data or default_data_root()).absolute()
    in_place = installed(root)
    known = {name: DATASETS.get(name)() for name in DATASETS.names()} | in_place
    if as_json:
        print(json.dumps([asdict(dataset.info) | {"installed": name in in_place} for name, dataset in known.items()]))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "in place", "what it is", "licence")
    for name, dataset in known.items():
        state = "generated" if name == DEMO else ("yes" if name in in_place else "no")
        table.add_row(name, state, dataset.info.title, dataset.info.licence)
    Console().print(table)
    for name, dataset in known.items():
        if name not in in_place and name != DEMO:
            print(f"{name} is not in place. Layout: {dataset.info.layout}. Get it from {dataset.info.homepage}.")
    print(
        f"Data root: {root}. A folder of your own: bench datasets describe DIR; an archive: bench datasets unpack FILE."
    )


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names; every installed one if none is given.")] = None,
    data: o.Data = None,
    as_json: AsJson = False,
) -> None:
    """Decode every file, compare masks with images and counts with the published ones."""
    from harness.datasets.catalog import ALL, resolve
    from harness.datasets.verification import verify as verified

    root = (data or default_data_root()).absolute()
    reports = [verified(dataset, root) for dataset in resolve(names or [ALL], root)]
    if as_json:
        print(json.dumps([asdict(report) | {"folder": str(report.folder)} for report in reports]))
    else:
        from rich.console import Console
        from rich.table import Table

        for report in reports:
            table = Table("category", "train", "test normal", "test defect", "left out", title=report.dataset)
            for count in report.counts:
                numbers = (count.num_train, count.num_test_good, count.num_test_defect, count.num_left_out)
                table.add_row(count.category, *(str(number) for number in numbers))
            Console().print(table)
            for image, reason in report.left_out:
                print(f"left out: {image}: {reason}")
            for finding in report.findings:
                print(f"WRONG: {finding.file}: {finding.problem}")
            verdict = "sound" if report.is_sound else f"{len(report.findings)} problems"
            print(f"{report.dataset}: {report.num_files} files read, {verdict}.")
    if not all(report.is_sound for report in reports):
        raise typer.Exit(1)
