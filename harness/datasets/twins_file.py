"""The twins of a data set as a CSV file, for those who want to look at all of them."""

import csv
import io
from pathlib import Path

from harness.atomic_files import write_atomically
from harness.datasets.verification_report import VerificationReport
from harness.environment import cache_dir
from harness.errors import DataError

COLUMNS = ("category", "group", "confidence", "image", "part")


def twins_file(report: VerificationReport) -> Path:
    """Where the twins of a data set under a split are written: in the cache folder."""
    split = Path(report.split).stem
    return cache_dir() / "twins" / f"{report.dataset}-{split}.csv"


def write_twins(report: VerificationReport) -> Path:
    """Write a line for each image that has a twin, with the number of its group in its category.

    Returns:
        The file, as `twins_file` names it.

    Raises:
        DataError: The file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for twins in report.twins:
        for number, group in enumerate(twins.groups, 1):
            for part in ("train", "test", "left_out"):
                for image in getattr(group, part):
                    writer.writerow((twins.category, number, f"{group.confidence:.4f}", image, part))
    path = twins_file(report)
    try:
        write_atomically(path, text.getvalue().encode(errors="surrogateescape"))
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    return path
