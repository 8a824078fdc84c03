"""One explicit Parquet schema per kind of part, and the way between records and rows. Pure: no disk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from types import UnionType
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from harness.metrics.catalogue import BUILT_IN_NAMES, metric_names
from harness.records import (
    SCHEMA_VERSION,
    CellIdentity,
    CellRecord,
    CostRecord,
    FailureRecord,
    ImageScore,
    JudgingCosts,
    Provenance,
)

if TYPE_CHECKING:
    import pandas as pd

Record = CellRecord | FailureRecord


_ARROW_TYPES: Mapping[Any, Any] = {
    str: pa.string(),
    str | None: pa.string(),
    int: pa.int64(),
    int | None: pa.int64(),
    float: pa.float64(),
    float | None: pa.float64(),
    bool: pa.bool_(),
    tuple[float, ...] | None: pa.list_(pa.float64()),
}
_NOT_FLAT = {"identity", "provenance", "image_scores", "metrics"}
_RESULT_COLUMNS = [field.name for field in fields(CellRecord) if field.name not in _NOT_FLAT]
_COSTS_OF_OLD_RUNS = [field.name for field in fields(JudgingCosts)] + ["peak_memory_bytes", "peak_device_memory_bytes"]


def _columns(kind: type[Any], names: Iterable[str] | None = None, *, is_nullable: bool = False) -> list[Any]:
    types = {field.name: field.type for field in fields(kind)}
    return [
        pa.field(name, _ARROW_TYPES[types[name]], nullable=is_nullable or isinstance(types[name], UnionType))
        for name in names or types
    ]


_CELL_ID = pa.field("cell_id", pa.string(), nullable=False)
_VERSION = pa.field("schema_version", pa.int64(), nullable=False)

RECORD_SCHEMA = pa.schema(
    [
        *_columns(CellIdentity),
        pa.field("status", pa.string(), nullable=False),
        pa.field("error", pa.string()),
        pa.field("traceback", pa.string()),
        # A failed record is null from here to the columns of the provenance.
        *(pa.field(name, pa.float64()) for name in BUILT_IN_NAMES),
        pa.field("extra_metrics", pa.string()),  # a JSON object: metrics of plug-ins
        *_columns(CellRecord, _RESULT_COLUMNS, is_nullable=True),
        *_columns(CostRecord, _COSTS_OF_OLD_RUNS, is_nullable=True),
        *_columns(Provenance),
        _VERSION,
    ]
)
SCORES_SCHEMA = pa.schema([_CELL_ID, *_columns(ImageScore), _VERSION])
COSTS_SCHEMA = pa.schema([*_columns(CostRecord), _VERSION])
_PART = pa.field("part", pa.string())
SCORES_PART = "scores_part"
PACKED_RECORD_SCHEMA = pa.schema([*RECORD_SCHEMA, _PART, pa.field(SCORES_PART, pa.binary())])
"""Of a pack of records. ``scores_part`` is the part of the image scores, byte for byte; null for a failure."""
PACKED_COSTS_SCHEMA = pa.schema([*COSTS_SCHEMA, _PART])


def table_of(records: Iterable[Record]) -> Any:
    """Records as an Arrow table of ``RECORD_SCHEMA``, without their image scores."""
    return _table(map(_row_of, records), RECORD_SCHEMA)


def scores_table_of(record: CellRecord) -> Any:
    """The image scores of one record as an Arrow table of ``SCORES_SCHEMA``."""
    return _table(
        (asdict(score) | {"cell_id": record.identity.cell_id} for score in record.image_scores), SCORES_SCHEMA
    )


def costs_table_of(records: Iterable[CostRecord]) -> Any:
    """Cost records as an Arrow table of ``COSTS_SCHEMA``."""
    return _table(map(asdict, records), COSTS_SCHEMA)


def record_of(row: Mapping[str, Any], image_scores: tuple[ImageScore, ...] = ()) -> Record:
    """The record that ``table_of`` made this row from; ``image_scores`` are kept elsewhere."""
    identity = CellIdentity(**{field.name: row[field.name] for field in fields(CellIdentity)})
    provenance = Provenance(**{field.name: row[field.name] for field in fields(Provenance)})
    if row["status"] == "failed":
        return FailureRecord(identity=identity, provenance=provenance, error=row["error"], traceback=row["traceback"])
    results = {name: row[name] for name in _RESULT_COLUMNS}
    results["metrics"] = {name: row[name] for name in BUILT_IN_NAMES} | json.loads(row["extra_metrics"] or "{}")
    results["overlap_curve"] = None if row["overlap_curve"] is None else tuple(row["overlap_curve"])
    return CellRecord(identity=identity, provenance=provenance, image_scores=image_scores, **results)


def image_scores_of(table: Any) -> tuple[ImageScore, ...]:
    """The image scores in a table of ``SCORES_SCHEMA``, in stored order."""
    return tuple(ImageScore(**row) for row in table.drop_columns(["cell_id", "schema_version"]).to_pylist())


def costs_of(table: Any) -> dict[str, CostRecord]:
    """Cell id to the costs in a table of ``COSTS_SCHEMA``."""
    return {row["cell_id"]: CostRecord(**row) for row in table.drop_columns(["schema_version"]).to_pylist()}


def joined_table(records: Any, costs: Any) -> Any:
    """Records with their costs and with a column for each metric of a plug-in.

    Args:
        records: A table of ``RECORD_SCHEMA``.
        costs: A table of ``COSTS_SCHEMA``; a cell has at most one row.

    Returns:
        The records, in order. Where a cell has costs, they stand in the columns of ``RECORD_SCHEMA`` of the same
        name. Further columns are ``is_quiet`` (False where the costs were not measured apart from the run),
        ``load_before``, ``load_after``, the machine of the costs (``cost_host``, ``cost_device``,
        ``cost_num_threads``), and the metrics of plug-ins.
    """
    places = pc.index_in(records["cell_id"], value_set=costs["cell_id"].combine_chunks())
    has_costs = pc.is_valid(places)
    table = records.drop_columns(["extra_metrics"])
    for name in ("fit_seconds", *_COSTS_OF_OLD_RUNS):
        column = pc.if_else(has_costs, costs[name].take(places), records[name])
        table = table.set_column(table.column_names.index(name), name, column)
    table = table.append_column("is_quiet", pc.fill_null(costs["is_quiet"].take(places), False))
    for name in ("load_before", "load_after"):
        table = table.append_column(name, costs[name].take(places))
    for name in ("host", "device", "num_threads"):
        table = table.append_column(f"cost_{name}", pc.if_else(has_costs, costs[name].take(places), records[name]))
    extras = [json.loads(text or "{}") for text in records["extra_metrics"].to_pylist()]
    for name in sorted({name for extra in extras for name in extra} - set(table.column_names)):
        table = table.append_column(name, pa.array([extra.get(name) for extra in extras], pa.float64()))
    return table


def frame_of(table: Any) -> "pd.DataFrame":
    """A table as ``joined_table`` returns it, as a frame with a column for each metric that is known here.

    A float that a record lacks is NaN; integers are pandas' nullable ``Int64``, so that a failed record does
    not turn counts into floats.
    """
    import pandas as pd  # readers of statuses alone never pay for it

    integers = {pa.int64(): pd.Int64Dtype()}
    frame = cast("pd.DataFrame", table.to_pandas(types_mapper=integers.get))
    # A metric that was installed after all records were made.
    return frame.assign(**{name: float("nan") for name in metric_names() if name not in frame.columns})


def _row_of(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = asdict(record.identity) | asdict(record.provenance)
    if isinstance(record, FailureRecord):
        return row | {"status": "failed", "error": record.error, "traceback": record.traceback}
    row |= {name: getattr(record, name) for name in _RESULT_COLUMNS} | {"status": "ok"}
    row |= {name: record.metrics.get(name) for name in BUILT_IN_NAMES}
    extra = {name: value for name, value in record.metrics.items() if name not in BUILT_IN_NAMES}
    return row | {"extra_metrics": json.dumps(extra) if extra else None}


def _table(rows: Iterable[Mapping[str, Any]], schema: Any) -> Any:
    """An Arrow table of the current version; a column that a row lacks is null."""
    storable = [{name: _storable(value) for name, value in row.items()} for row in rows]
    return pa.Table.from_pylist([row | {"schema_version": SCHEMA_VERSION} for row in storable], schema=schema)


def _storable(value: Any) -> Any:
    # A file name that is not UTF-8 reaches us with lone surrogates, which Parquet refuses. The
    # record that names the bad file must not be lost to the bad name.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
