"""Whether a part holds what a record may hold: a part may come from a folder or a bucket that others write to."""

import json
import math
from typing import Any

import pyarrow.compute as pc

from harness.errors import is_plain
from harness.metrics.catalogue import BUILT_IN_NAMES

_MAX_BYTES = 64_000_000
"""Of a part once it is read; most have a few kilobytes."""
_MAX_IMAGES = 200_000
_ROUNDING = 1e-6
_JSON = {
    "settings": "a JSON object",
    "versions": "a JSON object",
    "extra_metrics": "a JSON object of finite numbers",
    "unreadable_ids": "a JSON list of texts",
}
_IN_EVERY_RESULT = ("num_train", "num_test_normal", "num_test_defect", "image_height_px", "image_width_px")


def problem_of_file(metadata: Any, folder: str, cell_id: str) -> str | None:
    """What is wrong with a part as far as its footer tells, before its rows take memory; None if nothing is.

    Args:
        metadata: Of the Parquet file.
        folder: ``records``, ``scores`` or ``costs``.
        cell_id: Whose part it is, as its name says.
    """
    num_bytes = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if num_bytes > _MAX_BYTES:
        return f"expected at most {_MAX_BYTES / 1e6:g} MB once it is read, got {num_bytes / 1e6:.0f} MB"
    if folder == "scores" and metadata.num_rows > _MAX_IMAGES:
        return f"expected at most {_MAX_IMAGES:,} images, got {metadata.num_rows:,}"
    return _not_one_row(cell_id) if folder != "scores" and metadata.num_rows != 1 else None


def problem_of_rows(table: Any, folder: str, cell_id: str) -> str | None:
    """What is wrong with the rows of a part, in words; None if nothing is.

    Args:
        table: Of the current schema of the folder.
        folder: As for ``problem_of_file``.
        cell_id: As for ``problem_of_file``.
    """
    if set(table["cell_id"].to_pylist()) - {cell_id}:
        return _not_one_row(cell_id) if folder != "scores" else f"expected rows of cell {cell_id!r}, as its name says"
    if folder == "scores" and not pc.all(pc.is_finite(table["anomaly_score"])).as_py() and table.num_rows:
        return "expected finite anomaly scores"
    return _problem_of_record(table.to_pylist()[0]) if folder == "records" else None


def _not_one_row(cell_id: str) -> str:
    return f"expected one row of cell {cell_id!r}, as its name says"


def _problem_of_record(row: dict[str, Any]) -> str | None:
    if row["status"] not in ("ok", "failed"):
        return f"expected status 'ok' or 'failed', got {row['status']!r}"
    for name in ("dataset", "category", "method"):
        # Panels, tables and figures have these in the names of their files.
        if not is_plain(row[name]) or row[name].startswith("/") or ".." in row[name].split("/"):
            return f"column {name!r}: expected a name, got {row[name]!r}"
    for name, expected in _JSON.items():
        if row[name] and not _is_right(row[name], expected):
            return f"column {name!r}: expected {expected}, got {row[name][:80]!r}"
    for name in BUILT_IN_NAMES:
        if row[name] is not None and not -_ROUNDING <= row[name] <= 1 + _ROUNDING:
            return f"column {name!r}: expected a fraction between 0 and 1, got {row[name]}"
    missing = [name for name in _IN_EVERY_RESULT if row["status"] == "ok" and row[name] is None]
    return f"column {missing[0]!r}: expected a number in a finished record, got none" if missing else None


def _is_right(text: str, expected: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if expected == _JSON["unreadable_ids"]:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not isinstance(value, dict) or expected == _JSON["settings"]:
        return isinstance(value, dict)
    return all(each is None or (isinstance(each, int | float) and math.isfinite(each)) for each in value.values())
