"""What a part holds, checked: a part may come from a folder or a bucket that others write to."""

import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import DamagedPartError, is_plain
from harness.metrics.catalogue import BUILT_IN_NAMES
from harness.store.migrations import upgrade
from harness.store.parquet_bytes import conformed, damage

_SCORES = "scores"
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


def part_table(content: bytes, kind: str, cell_id: str, schema: Any, where: str) -> Any:
    """The table of a part.

    Args:
        content: Of the file.
        kind: ``records``, ``scores`` or ``costs``.
        cell_id: Whose part it is, as its name says.
        schema: Of the result.
        where: The file, for errors.

    Raises:
        DamagedPartError: It is no part of this cell, is too large, or holds what no record can hold.
        StoreError: It is newer than this program.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        # The footer tells, before rows take memory.
        _refuse(_problem_of_file(file.metadata, kind, cell_id), where)
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise damage(error, where) from error
    table = conformed(upgrade(table, kind, schema, where), schema, where)
    if set(table["cell_id"].to_pylist()) - {cell_id}:
        of_scores = f"expected rows of cell {cell_id!r}, as its name says"
        _refuse(of_scores if kind == _SCORES else _not_one_row(cell_id), where)
    if kind == _SCORES and table.num_rows and not pc.all(pc.is_finite(table["anomaly_score"])).as_py():
        _refuse("expected finite anomaly scores", where)
    if kind == "records":
        check_records(table, where)
    return table


def check_records(table: Any, where: str) -> None:
    """Refuse records that no cell leaves.

    Args:
        table: Some or all columns of records.
        where: Their file, for errors.

    Raises:
        DamagedPartError: A column holds what it cannot hold.
    """
    _refuse(_problem_of_records(table), where)


def _refuse(problem: str | None, where: str) -> None:
    if problem is not None:
        raise DamagedPartError(f"{where}: {problem}.")


def _problem_of_file(metadata: Any, kind: str, cell_id: str) -> str | None:
    num_bytes = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if num_bytes > _MAX_BYTES:
        return f"expected at most {_MAX_BYTES / 1e6:g} MB once it is read, got {num_bytes / 1e6:.0f} MB"
    if kind == _SCORES and metadata.num_rows > _MAX_IMAGES:
        return f"expected at most {_MAX_IMAGES:,} images, got {metadata.num_rows:,}"
    return _not_one_row(cell_id) if kind != _SCORES and metadata.num_rows != 1 else None


def _not_one_row(cell_id: str) -> str:
    return f"expected one row of cell {cell_id!r}, as its name says"


def _problem_of_records(table: Any) -> str | None:
    known = set(table.column_names)

    def values(name: str) -> list[Any]:
        # Thousands of records have a few different texts.
        return table[name].unique().to_pylist() if name in known else []

    for status in values("status"):
        if status not in ("ok", "failed"):
            return f"expected status 'ok' or 'failed', got {status!r}"
    for name in ("dataset", "category", "method"):
        for value in values(name):
            # Panels, tables and figures have these in the names of their files.
            if not is_plain(value) or value.startswith("/") or ".." in value.split("/"):
                return f"column {name!r}: expected a name, got {value!r}"
    for name, expected in _JSON.items():
        for value in values(name):
            if value and not _is_right(value, expected):
                return f"column {name!r}: expected {expected}, got {value[:80]!r}"
    for name in (name for name in BUILT_IN_NAMES if name in known):
        column = table[name].drop_null()
        is_fraction = pc.and_(pc.greater_equal(column, -_ROUNDING), pc.less_equal(column, 1 + _ROUNDING))
        if not pc.all(is_fraction, min_count=0).as_py():
            value = column.filter(pc.invert(is_fraction))[0].as_py()
            return f"column {name!r}: expected a fraction between 0 and 1, got {value}"
    for name in (name for name in _IN_EVERY_RESULT if {name, "status"} <= known):
        if pc.any(pc.and_(pc.equal(table["status"], "ok"), pc.is_null(table[name])), min_count=0).as_py():
            return f"column {name!r}: expected a number in a finished record, got none"
    return None


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
