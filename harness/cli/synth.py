"""``bench datasets synth``: pictures of the synthetic defects that a search without labels uses."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.config import Protocol, load_run_settings
from harness.environment import default_data_root
from harness.errors import DataError
from harness.jobs.targets import named

if TYPE_CHECKING:
    from harness.datasets import Dataset


def synth(
    name: Annotated[str, typer.Argument(help="A data set, or one category of it.", metavar="NAME[/CATEGORY]")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go, one folder a category.")],
    show: Annotated[int, typer.Option("--show", min=1, metavar="N", help="Images of each kind of defect.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Draws the defects, and the split where it is not fixed.")] = 0,
    split_name: o.OneSplit = "published",
    image_size: o.ImageSize = None,
    data: o.Data = None,
) -> None:
    """Make defects on normal training images and write them: image, image with defect and mask, a file a kind."""
    protocol = load_run_settings({} if image_size is None else {"protocol": {"image_size_px": image_size}}).protocol
    root = (data or default_data_root()).absolute()
    dataset, category = named(name, root)
    for one in dataset.categories(root) if category is None else [category]:
        _show(dataset, one, root, split_name, seed, show, protocol, out / one)
        print(out / one)


def _show(
    dataset: "Dataset",
    category: str,
    root: Path,
    split_name: str,
    seed: int,
    num_each: int,
    protocol: Protocol,
    folder: Path,
) -> None:
    import numpy as np

    from harness.cells.opened_cell import category_size
    from harness.datasets.splits import make_split
    from harness.images import read_rgb, resize_rgb
    from harness.report import save_defect_examples
    from harness.synthetic.defect_making import make_defects
    from harness.synthetic.kinds import KINDS

    split = make_split(dataset, root, category, seed, split_name)
    if not split.train:
        raise DataError(f"{dataset.info.name}/{category}: no training image to make defects on.")
    size = category_size(split, protocol)
    # Evenly spaced over all; where there are few, one image gets several defects.
    num = num_each * len(KINDS)
    chosen = [split.train[position * len(split.train) // num] for position in range(num)]
    normal = np.stack([resize_rgb(read_rgb(sample.image), size) for sample in chosen])
    made = make_defects(normal, seed)
    for kind in KINDS:
        rows = [position for position, found in enumerate(made.kinds) if found == kind]
        save_defect_examples(
            folder / f"{kind}.png",
            normal[rows],
            made.images_NHWC[rows],
            made.masks_NHW[rows],
            title=f"{dataset.info.name}/{category}: {kind}, seed {seed}",
        )
