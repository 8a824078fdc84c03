"""``bench export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from harness.phrasing import counted

if TYPE_CHECKING:
    from harness.bundles.exported import Target


def export(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle, as 'bench fit' wrote it.")],
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Images, folders or patterns on which both are compared.")
    ],
    target: Annotated[str, typer.Option("--to", metavar="onnx|torch|openvino", help="Format.")] = "onnx",
    out: Annotated[Path | None, typer.Option(help="Folder to write (default: BUNDLE-FORMAT).")] = None,
    weights: Annotated[Path | None, typer.Option(help="Backbone weights, for a bundle without them.")] = None,
) -> None:
    """Write a kept detector as one graph, from uint8 pixels to map, score and verdict, and prove that it agrees."""
    from harness.jobs.export import export as export_job

    made = export_job(bundle, cast("Target", target), images, out=out, weights=weights)
    parity = made.parity
    images_compared = counted(parity.num_images, "image")
    print(
        f"{made.file}: {_megabytes(made.folder):.1f} MB. On {images_compared} maps differ by at most "
        f"{parity.map_difference:.2g} of a range of {parity.map_range:.3g}, scores by {parity.score_difference:.2g}, "
        f"and {parity.num_verdicts_changed} verdicts changed."
    )
    for name, (median, high) in (("torch", parity.torch_ms), (target, parity.runtime_ms)):
        print(f"Latency of one image, {name}: median {median:.1f} ms, 95th percentile {high:.1f} ms.")


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6
