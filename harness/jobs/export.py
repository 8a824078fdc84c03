"""Exporting a kept detector, with the proof that the file gives the same answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.atomic_files import unfinished_folder
from harness.errors import BenchError, BundleError, DataError, SettingsError
from harness.images import read_rgb, resize_rgb
from harness.jobs.image_paths import named_images

if TYPE_CHECKING:
    from harness.bundles.exported import Parity, Target

MAX_IMAGES = 32
"""Images on which both are compared, evenly spaced over those given."""
PARITY = "parity.json"


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written, and what the comparison found."""

    folder: Path
    file: Path
    parity: "Parity"


def export(
    bundle: str | Path,
    target: "Target",
    images: Sequence[str | Path],
    *,
    out: str | Path | None = None,
    weights: str | Path | None = None,
) -> Export:
    """Write a detector as one graph from uint8 pixels to map, score, verdict and mask.

    The file is run in its own runtime on real images; if it does not agree with the detector, nothing is kept.

    Args:
        bundle: The folder that ``fit`` wrote.
        target: ``onnx``, ``torch`` (torch.export) or ``openvino``.
        images: Image files, folders and patterns for the comparison: parts as the detector will see them.
        out: Folder to write; None for ``BUNDLE-TARGET``.
        weights: Local weights of the backbone, for a bundle without it.

    Raises:
        BenchError: The bundle or a setting is wrong, a package is missing, or the file gives other answers.
    """
    from harness.bundles import read_bundle
    from harness.bundles.exported import FILE_OF, measure_parity, open_export, write_export

    if target not in FILE_OF:
        raise SettingsError(f"--to: expected one of {', '.join(FILE_OF)}, got {target!r}.")
    source = Path(bundle)
    folder = Path(out) if out is not None else source.with_name(f"{source.name}-{target}")
    if folder.exists():
        raise BundleError(f"{folder}: exists already; expected a new folder for the export. Give another --out.")
    read = read_bundle(source, weights=None if weights is None else Path(weights))
    pixels = _pixels([path for path, _ in named_images([Path(path) for path in images])], read.description.size_px)
    with unfinished_folder(folder.absolute().parent, f".{folder.name}-") as unfinished:
        write_export(read, unfinished, target)
        parity = measure_parity(read, open_export(unfinished, target), pixels)
        if not parity.holds:
            raise BundleError(
                f"{target}: the exported file gives other answers than the detector on {parity.num_images} images: "
                f"maps differ by up to {parity.map_difference:.2g} (range {parity.map_range:.2g}), scores by "
                f"{parity.score_difference:.2g}, {parity.num_verdicts_changed} verdicts. Nothing was kept."
            )
        (unfinished / PARITY).write_text(json.dumps(asdict(parity), indent=1) + "\n", encoding="utf-8")
        unfinished.rename(folder)
    return Export(folder=folder, file=folder / FILE_OF[target], parity=parity)


def _pixels(paths: Sequence[Path], size_px: tuple[int, int]) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    spaced = sorted({round(place) for place in np.linspace(0, len(paths) - 1, min(len(paths), MAX_IMAGES))})
    found = []
    for place in spaced:
        try:
            found.append(resize_rgb(read_rgb(paths[place]), size_px))
        except BenchError:
            # One damaged photograph does not stop an export.
            continue
    if not found:
        raise DataError(f"None of {len(spaced)} images can be read, the first is {paths[0]}.")
    return np.stack(found)
