"""``bench datasets describe``: write the description of an unknown folder and tell what was guessed."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from harness.phrasing import counted


def describe(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Any folder of images.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the description (default: DIR/dataset.toml).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing description.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Guess what an unknown folder of images holds, and write its dataset.toml."""
    from harness.datasets.describing import describe as described

    result = described(folder, out, force=force)
    if as_json:
        print(json.dumps(asdict(result) | {"path": str(result.path), "folder": str(result.folder)}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("category", "train", "test normal", "test defect", "left out")
    for category in result.categories:
        numbers = (category.num_train, category.num_test_good, category.num_test_defect, category.num_left_out)
        table.add_row(category.name, *(str(number) for number in numbers))
    print(f"{result.name}: {counted(result.num_images, 'image file')}, {result.num_masks} of them masks. Guessed:")
    Console(markup=False).print(table)  # names of data are no markup
    for category in result.categories:
        for decision in category.decided:
            print(f"guessed: {category.name}: {decision}")
    for note in result.notes:
        print(f"note: {note}")
    place = result.folder if result.path.parent == result.folder.absolute() else result.path
    if any(category.num_test_defect for category in result.categories):
        then = f"bench run --datasets {shlex.quote(_as_typed(place))}"
    else:
        then = f"bench fit {shlex.quote(_as_typed(place))}"
    print(f"Written: {result.path}. Read it, then: {then}")


def _as_typed(place: Path) -> str:
    """The path, marked so that the command line does not take it for a name."""
    text = str(place)
    return text if "/" in text or text.endswith(".toml") else f"./{text}"
