"""``bench datasets split``: write a split to a CSV file."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.environment import default_data_root
from harness.errors import SettingsError


def split(
    name: Annotated[str, typer.Argument(help="A data set.", metavar="NAME")],
    out: Annotated[Path, typer.Option(help="The CSV file to write; '--split FILE.csv' then means this split.")],
    split_name: o.OneSplit = "grouped",
    seed: Annotated[int, typer.Option(min=0, help="Draws the training images where the split is not fixed.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    data: o.Data = None,
) -> None:
    """Write which images of a data set train, are tested, or are left out, to inspect, change and share."""
    from harness.datasets.finding import find
    from harness.datasets.preflight import check_split
    from harness.datasets.splits import make_split, split_identity, write_manifest

    if out.suffix.lower() != ".csv":
        raise SettingsError(f"--out {out}: expected a name that ends in .csv.")
    if out.exists() and not force:
        raise SettingsError(f"--out {out}: exists already; --force overwrites it.")
    root = (data or default_data_root()).absolute()
    dataset = find(name, root)
    splits = {category: make_split(dataset, root, category, seed, split_name) for category in dataset.categories(root)}
    for category, made in splits.items():
        check_split(made, f"{dataset.info.name}/{category}")
    write_manifest(splits.values(), out)
    for category, made in splits.items():
        print(
            f"{dataset.info.name}/{category}, split {split_identity(split_name)}, seed {seed}: "
            f"{len(made.train)} train, {len(made.test)} test, {len(made.left_out)} left out."
        )
    print(f"{out}: {split_identity(str(out))}")
