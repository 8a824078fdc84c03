"""Folders as ``bench predict --out`` leaves them, without a detector that judges."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from harness.bundles import BundleDescription
from harness.bundles.bundle import read_description
from harness.bundles.detector import Region
from harness.report.judged_by import JudgedBy
from harness.report.prediction_rows import PredictionRow, RowFormat, prediction_rows

HOSTILE = "<script>alert(1)</script>.png"
"""The name of a file that would run where it is not escaped; to a file system it is a file in a folder."""
REGION = Region(left=1, top=2, right=3, bottom=4, highest=2.5)


def threshold_of(description: BundleDescription) -> float:
    assert description.thresholds is not None
    return description.thresholds.score


def judged_row(image: str, distance: float, threshold: float, picture: str | None = None) -> PredictionRow:
    """An image whose score lies this far above the threshold."""
    is_above = distance > 0
    return PredictionRow(
        image=image,
        score=threshold + distance,
        verdict="anomalous" if is_above else "normal",
        share=0.0125 if is_above else 0.0,
        regions=(REGION,) if is_above else (),
        picture=picture,
    )


def some_rows(threshold: float, num_images: int = 40) -> list[PredictionRow]:
    """A quarter is anomalous, one name is hostile, and one image could not be judged."""
    rows = [
        judged_row(
            f"new/part {number}.png", (number - 3 * num_images // 4 + 0.5) / num_images, threshold, f"{number}.png"
        )
        for number in range(num_images - 1)
    ]
    rows.append(judged_row(f"new/{HOSTILE}", 1.0, threshold, HOSTILE))
    rows.append(PredictionRow(image=f"new/broken{HOSTILE}", error=f"new/broken{HOSTILE}: not an image"))
    return rows


def write_predictions(
    folder: Path, bundle: Path, rows: Sequence[PredictionRow] | None = None, kind: RowFormat = "csv"
) -> Path:
    """The files of a prediction, without pictures."""
    description = read_description(bundle)
    with prediction_rows(folder, kind) as write:
        JudgedBy(
            detector=description, command="bench predict /mnt/bundles/parts new", started_at="2025-01-31T12:00:00+00:00"
        ).write(folder)
        for row in some_rows(threshold_of(description)) if rows is None else rows:
            write(row)
    return folder


def write_overlays(folder: Path, rows: Sequence[PredictionRow], size_px: tuple[int, int] = (32, 48)) -> None:
    """A picture of noise for every row that has a name for it; all names lead to one file, to be quick."""
    noise_YX3 = np.random.default_rng(0).integers(0, 255, (*size_px, 3), dtype=np.uint8)
    first: Path | None = None
    for row in rows:
        if row.picture is None:
            continue
        path = folder / "overlays" / f"{row.picture}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if first is None:
            Image.fromarray(noise_YX3).save(path)
            first = path
        else:
            path.hardlink_to(first)
