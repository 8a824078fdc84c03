"""``bench predict``."""

import shlex
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from harness.errors import SettingsError
from harness.phrasing import counted, duration_text

if TYPE_CHECKING:
    from harness.bundles.detector import Judgement, Unreadable
    from harness.report.prediction_pictures import MapFormat

_PICTURES = "Pictures"


def predict(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle, as 'bench fit' wrote it.")],
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Images, folders, patterns; - reads paths from stdin.")
    ],
    out: Annotated[Path | None, typer.Option(help="Folder for rows and pictures (default: rows on stdout).")] = None,
    row_format: Annotated[Literal["csv", "jsonl"], typer.Option("--format", help="Of the rows.")] = "csv",
    overlays: Annotated[
        bool, typer.Option("--overlays", help="Heat maps over the images, one colour scale.", rich_help_panel=_PICTURES)
    ] = False,
    masks: Annotated[
        bool, typer.Option("--masks", help="What is above the pixel threshold, as PNG.", rich_help_panel=_PICTURES)
    ] = False,
    maps: Annotated[
        str | None,
        typer.Option(metavar="float|16bit", help="Anomaly maps as TIFF.", rich_help_panel=_PICTURES),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with images that appear, until it is interrupted.")
    ] = False,
    fail_on_anomaly: Annotated[
        bool, typer.Option("--fail-on-anomaly", help="End with code 3 if an image is anomalous.")
    ] = False,
    batch_size: Annotated[int, typer.Option(help="Images that are judged together.")] = 4,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    weights: Annotated[Path | None, typer.Option(help="Backbone weights, for a bundle without them.")] = None,
) -> None:
    """Judge images with a kept detector: score, verdict, regions, and pictures.

    A file that cannot be judged is a row with its reason, and the rest goes on; the code is then 1.
    """
    if maps not in (None, "float", "16bit"):
        raise SettingsError(f"--maps: expected float or 16bit, got {maps!r}.")
    from harness.cells.devices import check_device, resolve_device
    from harness.jobs.predict import Pictures, Predicted
    from harness.jobs.predict import predict as predict_job

    check_device(device)
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper):
            # Names of files are bytes, and not always those of a text.
            stream.reconfigure(errors="surrogateescape")
    found, is_interrupted = Predicted(), False

    def show(_judged: "Judgement | Unreadable", so_far: Predicted) -> None:
        nonlocal found
        found = so_far
        if sys.stderr.isatty():
            print(f"\r{counted(found.num_judged, 'image')}, {found.num_anomalous} anomalous", end="", file=sys.stderr)

    try:
        predict_job(
            bundle,
            iter(sys.stdin) if paths == ["-"] else paths,
            out=out,
            row_format=row_format,
            pictures=Pictures(overlays=overlays, masks=masks, maps=cast("MapFormat | None", maps)),
            batch_size=batch_size,
            device=resolve_device(device),
            weights=weights,
            watch=watch,
            on_image=show,
        )
    except KeyboardInterrupt:
        is_interrupted = True
    end = "\n" if sys.stderr.isatty() else ""
    print(
        f"{end}{counted(found.num_judged, 'image')} judged in {duration_text(found.seconds)}, "
        f"{found.num_anomalous} anomalous, {found.num_unreadable} not judged.",
        file=sys.stderr,
    )
    if out is not None:
        print(f"Written: {out}. As a page: bench report {shlex.quote(str(out))}", file=sys.stderr)
    if is_interrupted and not watch:
        print("bench: Interrupted: every file that was written is whole.", file=sys.stderr)
        raise SystemExit(130)
    if found.num_unreadable:
        raise typer.Exit(1)
    if fail_on_anomaly and found.num_anomalous:
        raise typer.Exit(3)
