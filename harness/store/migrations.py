"""Older parts read as new ones.

A column that a later version added is null in an older part, or what ``_BEFORE`` says. A change that this does not
express is a step: add ``(folder, N): step`` to ``_STEPS``, which takes a table of version N and returns one of version
N + 1.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from harness.errors import DamagedPartError, StoreError
from harness.records import PUBLISHED_SPLIT, SCHEMA_VERSION
from harness.regimes import ONE_CLASS


def _with_split(table: Any) -> Any:
    """Version 2 names the split. The peak memory in version 1 was that of all earlier cells too, so it is dropped."""
    table = table.drop_columns(["peak_memory_bytes"])
    return table.append_column("split", pa.array([PUBLISHED_SPLIT] * table.num_rows, pa.string()))


def _with_unreadable(table: Any) -> Any:
    """Version 4 can leave out images that cannot be read; before, such an image failed its cell."""
    is_ok = pc.equal(table["status"], "ok")
    for name, value in (("num_unreadable", pa.scalar(0, pa.int64())), ("unreadable_ids", pa.scalar("", pa.string()))):
        table = table.append_column(name, pc.if_else(is_ok, value, pa.scalar(None, value.type)))
    return table


_STEPS: Mapping[tuple[str, int], Callable[[Any], Any]] = {
    ("records", 1): _with_split,
    ("records", 3): _with_unreadable,
}

_BEFORE = {"regime": ONE_CLASS}
"""Column to its value in records that are older than the column, where that is not null."""


def version_of(table: Any, where: str) -> int:
    """The schema version of a part; an empty part counts as the current one.

    Raises:
        DamagedPartError: The part has no version, or several.
        StoreError: The version is newer than this program knows.
    """
    versions = table.column("schema_version").unique().to_pylist() if "schema_version" in table.column_names else [None]
    if not versions:
        return SCHEMA_VERSION
    version = versions[0]
    if len(versions) > 1 or not isinstance(version, int) or version < 1:
        raise DamagedPartError(f"{where}: not a part of a result store: expected one integer 'schema_version'.")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where}: schema version {version}, expected at most {SCHEMA_VERSION}. Upgrade mfrnet-bench to read it."
        )
    return version


def upgrade(table: Any, folder: str, schema: Any, where: str) -> Any:
    """Bring a part's table to the current schema version.

    Args:
        table: An Arrow table with a ``schema_version`` column.
        folder: The part's folder in the store.
        schema: Of the current version.
        where: The part's path, for errors.

    Raises:
        DamagedPartError: As ``version_of``.
        StoreError: As ``version_of``.
    """
    first = version_of(table, where)
    if first == SCHEMA_VERSION:
        return table
    for version in range(first, SCHEMA_VERSION):
        if (folder, version) in _STEPS:
            table = _STEPS[folder, version](table)
    for column in schema:
        if (column.nullable or column.name in _BEFORE) and column.name not in table.column_names:
            values = pa.array([_BEFORE.get(column.name)] * table.num_rows, column.type)
            table = table.append_column(column.name, values)
    current = pa.array([SCHEMA_VERSION] * table.num_rows, pa.int64())
    return table.set_column(table.column_names.index("schema_version"), "schema_version", current)
