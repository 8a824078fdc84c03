"""Older parts read as new ones: one step a version, applied in order.

When ``SCHEMA_VERSION`` goes from N to N + 1, add ``N: step`` to the tables below. A step takes a
table of version N and returns one of version N + 1, its ``schema_version`` column left alone.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from harness.errors import DamagedPartError, StoreError
from harness.records import PUBLISHED_SPLIT, SCHEMA_VERSION

Step = Callable[[Any], Any]


def _with_costs(table: Any) -> Any:
    """Version 2 measures costs and names the split.

    The peak memory in version 1 was that of all cells that the process had run so far, so it is dropped.
    """
    table = table.drop_columns(["peak_memory_bytes"])
    for name in (
        "spro_05",
        "latency_p50_seconds",
        "latency_p95_seconds",
        "images_per_second",
        "batch_latency_p50_seconds",
        "batch_latency_p95_seconds",
        "batch_images_per_second",
    ):
        table = table.append_column(name, pa.nulls(table.num_rows, pa.float64()))
    for name in (
        "batch_size",
        "peak_memory_bytes",
        "peak_device_memory_bytes",
        "num_frozen_parameters",
        "size_bytes",
        "num_threads",
    ):
        table = table.append_column(name, pa.nulls(table.num_rows, pa.int64()))
    table = table.append_column("overlap_curve", pa.nulls(table.num_rows, pa.list_(pa.float64())))
    return table.append_column("split", pa.array([PUBLISHED_SPLIT] * table.num_rows, pa.string()))


def _with_workers(table: Any) -> Any:
    """Version 3 says how many workers and processes there were, and keeps metrics of plug-ins."""
    for name in ("num_workers", "num_processes"):
        table = table.append_column(name, pa.nulls(table.num_rows, pa.int64()))
    return table.append_column("extra_metrics", pa.nulls(table.num_rows, pa.string()))


def _with_groups(table: Any) -> Any:
    """Version 3 keeps the group of near duplicates of each test image."""
    return table.append_column("group", pa.nulls(table.num_rows, pa.string()))


RECORD_STEPS: Mapping[int, Step] = {1: _with_costs, 2: _with_workers}
SCORES_STEPS: Mapping[int, Step] = {1: lambda table: table, 2: _with_groups}
COSTS_STEPS: Mapping[int, Step] = {}


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
    if len(versions) > 1 or not isinstance(version, int):
        raise DamagedPartError(f"{where}: not a part of a result store: expected one integer 'schema_version'.")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{where}: schema version {version}, expected at most {SCHEMA_VERSION}. Upgrade mfrnet-bench to read it."
        )
    return version


def upgrade(table: Any, steps: Mapping[int, Step], where: str) -> Any:
    """Bring a part's table to the current schema version.

    Args:
        table: An Arrow table with a ``schema_version`` column.
        steps: ``RECORD_STEPS``, ``SCORES_STEPS`` or ``COSTS_STEPS``.
        where: The part's path, for errors.

    Raises:
        StoreError: As ``version_of``, or no step leads on from the part's version.
    """
    first = version_of(table, where)
    if first == SCHEMA_VERSION:
        return table
    for version in range(first, SCHEMA_VERSION):
        if version not in steps:
            raise StoreError(f"{where}: schema version {first} can no longer be read; {SCHEMA_VERSION} is current.")
        table = steps[version](table)
    current = pa.array([SCHEMA_VERSION] * table.num_rows, pa.int64())
    return table.set_column(table.column_names.index("schema_version"), "schema_version", current)
