"""``bench datasets``: list, check, describe and unpack data sets."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from harness.cli import describe, split, synth, unpack, verify
from harness.cli import options as o
from harness.environment import default_data_root

app = typer.Typer(
    help="List data sets, unpack or describe new ones, verify one, write a split to a file, make defects.",
    no_args_is_help=True,
)


AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(
    data: o.Data = None,
    layout: Annotated[bool, typer.Option("--layout", help="Also show folder layouts, splits and sources.")] = False,
    as_json: AsJson = False,
) -> None:
    """List every known data set: whether it is installed, who made its split, and its licence."""
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

    table = Table("name", "installed", "title", "split by", "licence")
    for name, dataset in known.items():
        state = "generated" if name == DEMO else ("yes" if name in in_place else "no")
        info = dataset.info
        table.add_row(name, state, info.title, ", ".join((info.split_author, *info.own_splits)), info.licence)
    Console(markup=False).print(table)  # texts of data are no markup
    for info in (dataset.info for dataset in known.values()) if layout else ():
        print(f"{info.name}: {info.layout}. Split: {info.split_note} Source: {info.homepage or 'none'}")
    print(f"Data root: {root}. 'bench datasets list --layout' also shows folder layouts, splits and sources.")
    print("'bench datasets describe DIR' adds a folder of your own, 'bench datasets unpack FILE' a downloaded archive.")


app.command()(verify.verify)
app.command()(split.split)
app.command()(synth.synth)
app.command()(describe.describe)
app.command()(unpack.unpack)
