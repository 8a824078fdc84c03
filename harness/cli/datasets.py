"""``bench datasets``: what can be run on, what is in place, and whether it is sound."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from harness.cli import describe, split, synth, unpack, verify
from harness.cli import options as o
from harness.environment import default_data_root

app = typer.Typer(
    help="List data sets, unpack or describe new ones, check one from end to end, write a split down, make defects.",
    no_args_is_help=True,
)


AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(data: o.Data = None, as_json: AsJson = False) -> None:
    """Show every known data set: whether it is in place, its layout, licence and source."""
    from harness.datasets import DATASETS
    from harness.datasets.finding import DEMO, installed

    root = (data or default_data_root()).absolute()
    in_place = installed(root)
    known = {name: dataset_type() for name, dataset_type in DATASETS.loadable()} | in_place
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
            print(f"{name} is not in place. Layout: {dataset.info.layout}. Source: {dataset.info.homepage}")
    print(
        f"Data root: {root}. A folder of your own: bench datasets describe DIR; an archive: bench datasets unpack FILE."
    )


app.command()(verify.verify)
app.command()(split.split)
app.command()(synth.synth)
app.command()(describe.describe)
app.command()(unpack.unpack)
