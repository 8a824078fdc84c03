"""``bench datasets unpack``: unpack a downloaded archive below the data root."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.environment import default_data_root
from harness.phrasing import counted

if TYPE_CHECKING:
    from harness.datasets.archives.writer import Report


def unpack(
    archive: Annotated[Path, typer.Argument(help="A zip, tar, tar.gz, tar.bz2 or tar.xz.")],
    data: o.Data = None,
    name: Annotated[
        str | None, typer.Option(help="What to call it (default: as its layout says, else the archive's name).")
    ] = None,
    max_gb: Annotated[
        float, typer.Option(min=0.0, metavar="GB", help="Refuse what unpacks to more than this.")
    ] = 100.0,
    max_files: Annotated[
        int, typer.Option(min=1, metavar="N", help="Refuse more files and folders than this.")
    ] = 1_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Unpack an archive safely below the data root, and say which data set it is."""
    from harness.datasets.archives.unpacking import unpack as unpacked

    root = (data or default_data_root()).absolute()
    with _progress(archive) as report:
        result = unpacked(archive, root, name=name, max_gb=max_gb, max_files=max_files, report=report)
    if as_json:
        print(json.dumps(asdict(result) | {"folder": str(result.folder)}))
        return
    files = counted(result.num_files, "file or folder", "files and folders")
    print(f"{files}, {result.num_bytes / 1e6:.1f} MB: {result.folder}")
    if result.dataset is not None:
        print(f"This is {result.dataset}. Next: bench datasets verify {result.dataset} --data {shlex.quote(str(root))}")
    else:
        print(f"No known data set. Seen: {result.seen}.")
        print(f"Next: bench datasets describe {shlex.quote(str(result.folder))}")


@contextmanager
def _progress(archive: Path) -> "Iterator[Report]":
    """What has been written so far, on a terminal; nothing on a pipe."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda files, size: None
        return
    with console.status(f"Unpacking {archive.name} ...") as status:
        yield lambda files, size: status.update(f"Unpacking {archive.name}: {files} files, {size / 1e9:.2f} GB")
