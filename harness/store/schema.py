"""One explicit Parquet schema per kind of part, and the way between records and rows. Pure: no disk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from harness.metrics.catalogue import BUILT_IN_NAMES
from harness.records import (
    SCHEMA_VERSION,
    CellIdentity,
    CellRecord,
    CostRecord,
    FailureRecord,
    ImageScore,
    Provenance,
)

if TYPE_CHECKING:
    import pandas as pd

Record = CellRecord | FailureRecord


def _always(name: str, kind: Any) -> Any:
    return pa.field(name, kind, nullable=False)


RECORD_SCHEMA = pa.schema(
    [
        _always("cell_id", pa.string()),
        _always("dataset", pa.string()),
        _always("category", pa.string()),
        _always("method", pa.string()),
        _always("method_version", pa.int64()),
        _always("seed", pa.int64()),
        _always("settings", pa.string()),
        _always("protocol", pa.string()),
        _always("data_fingerprint", pa.string()),
        _always("weights_sha256", pa.string()),
        _always("split", pa.string()),
        _always("status", pa.string()),
        pa.field("error", pa.string()),
        pa.field("traceback", pa.string()),
        # Null in a failed record from here to maps_sha256.
        *(pa.field(name, pa.float64()) for name in BUILT_IN_NAMES),
        pa.field("extra_metrics", pa.string()),  # a JSON object: metrics of plug-ins
        pa.field("overlap_curve", pa.list_(pa.float64())),
        pa.field("num_train", pa.int64()),
        pa.field("num_test_normal", pa.int64()),
        pa.field("num_test_defect", pa.int64()),
        pa.field("num_left_out", pa.int64()),
        pa.field("image_height_px", pa.int64()),
        pa.field("image_width_px", pa.int64()),
        pa.field("fit_seconds", pa.float64()),
        pa.field("feature_seconds", pa.float64()),
        pa.field("score_seconds", pa.float64()),
        pa.field("latency_p50_seconds", pa.float64()),
        pa.field("latency_p95_seconds", pa.float64()),
        pa.field("images_per_second", pa.float64()),
        pa.field("batch_size", pa.int64()),
        pa.field("batch_latency_p50_seconds", pa.float64()),
        pa.field("batch_latency_p95_seconds", pa.float64()),
        pa.field("batch_images_per_second", pa.float64()),
        pa.field("peak_memory_bytes", pa.int64()),
        pa.field("peak_device_memory_bytes", pa.int64()),
        pa.field("num_parameters", pa.int64()),
        pa.field("num_frozen_parameters", pa.int64()),
        pa.field("size_bytes", pa.int64()),
        pa.field("maps_sha256", pa.string()),
        _always("code_commit", pa.string()),
        _always("code_dirty", pa.bool_()),
        _always("versions", pa.string()),
        _always("host", pa.string()),
        _always("device", pa.string()),
        pa.field("num_threads", pa.int64()),
        pa.field("num_workers", pa.int64()),
        pa.field("num_processes", pa.int64()),
        _always("command", pa.string()),
        _always("started_at", pa.string()),
        _always("finished_at", pa.string()),
        _always("schema_version", pa.int64()),
    ]
)

SCORES_SCHEMA = pa.schema(
    [
        _always("cell_id", pa.string()),
        _always("image_id", pa.string()),
        _always("is_defect", pa.bool_()),
        _always("defect_kind", pa.string()),
        _always("anomaly_score", pa.float64()),
        pa.field("group", pa.string()),
        _always("schema_version", pa.int64()),
    ]
)

_ARROW_TYPES: dict[Any, Any] = {
    str: pa.string(),
    int: pa.int64(),
    int | None: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}
COSTS_SCHEMA = pa.schema(
    [pa.field(field.name, _ARROW_TYPES[field.type]) for field in fields(CostRecord)]
    + [_always("schema_version", pa.int64())]
)

_NOT_FLAT = {"identity", "provenance", "image_scores", "metrics"}
_IDENTITY_COLUMNS = [field.name for field in fields(CellIdentity)]
_PROVENANCE_COLUMNS = [field.name for field in fields(Provenance)]
_RESULT_COLUMNS = [field.name for field in fields(CellRecord) if field.name not in _NOT_FLAT]
_COST_COLUMNS = [
    name
    for name in COSTS_SCHEMA.names
    if name in RECORD_SCHEMA.names
    and name not in {"cell_id", "schema_version", "host", "device", "num_threads", "versions"}
]
_SCORE_COLUMNS = [field.name for field in fields(ImageScore)]


def table_of(records: Iterable[Record]) -> Any:
    """Records as an Arrow table of ``RECORD_SCHEMA``, without their image scores."""
    return pa.Table.from_pylist([_row_of(record) for record in records], schema=RECORD_SCHEMA)


def scores_table_of(record: CellRecord) -> Any:
    """The image scores of one record as an Arrow table of ``SCORES_SCHEMA``."""
    rows = [
        _storable(
            asdict(score) | {"cell_id": record.identity.cell_id, "schema_version": SCHEMA_VERSION},
        )
        for score in record.image_scores
    ]
    return pa.Table.from_pylist(rows, schema=SCORES_SCHEMA)


def record_of(row: Mapping[str, Any], image_scores: tuple[ImageScore, ...] = ()) -> Record:
    """The record that ``table_of`` made this row from; ``image_scores`` are kept elsewhere."""
    identity = CellIdentity(**{name: row[name] for name in _IDENTITY_COLUMNS})
    provenance = Provenance(**{name: row[name] for name in _PROVENANCE_COLUMNS})
    if row["status"] == "failed":
        return FailureRecord(identity=identity, provenance=provenance, error=row["error"], traceback=row["traceback"])
    results = {name: row[name] for name in _RESULT_COLUMNS}
    results["metrics"] = {name: row[name] for name in BUILT_IN_NAMES} | json.loads(row["extra_metrics"] or "{}")
    results["overlap_curve"] = None if row["overlap_curve"] is None else tuple(row["overlap_curve"])
    return CellRecord(identity=identity, provenance=provenance, image_scores=image_scores, **results)


def image_scores_of(table: Any) -> tuple[ImageScore, ...]:
    """The image scores in a table of ``SCORES_SCHEMA``, in stored order."""
    return tuple(ImageScore(**row) for row in table.select(_SCORE_COLUMNS).to_pylist())


def costs_table_of(records: Iterable[CostRecord]) -> Any:
    """Cost records as an Arrow table of ``COSTS_SCHEMA``."""
    rows = [_storable(asdict(record) | {"schema_version": SCHEMA_VERSION}) for record in records]
    return pa.Table.from_pylist(rows, schema=COSTS_SCHEMA)


def joined_table(records: Any, costs: Any) -> Any:
    """Records with their costs and with a column for each metric of a plug-in.

    Args:
        records: A table of ``RECORD_SCHEMA``.
        costs: A table of ``COSTS_SCHEMA``; a cell has at most one row.

    Returns:
        The records, in order. Where a cell has costs, they stand in the columns of ``RECORD_SCHEMA`` of the same
        name. Further columns: ``is_quiet`` (False where the costs were not measured apart from the run),
        ``load_before``, ``load_after``, and ``cost_host``, ``cost_device`` and ``cost_num_threads``, which
        say where the costs were measured, be it in the run. Then the metrics of plug-ins.
    """
    places = pc.index_in(records["cell_id"], value_set=costs["cell_id"].combine_chunks())
    has_costs = pc.is_valid(places)
    table = records.drop_columns(["extra_metrics"])
    for name in _COST_COLUMNS:
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
    """A table as ``joined_table`` returns it, as a frame.

    A float that a record lacks is NaN; integers are pandas' nullable ``Int64``, so that a failed record does
    not turn counts into floats.
    """
    import pandas as pd  # readers of statuses alone never pay for it

    integers = {pa.int64(): pd.Int64Dtype()}
    return cast("pd.DataFrame", table.to_pandas(types_mapper=integers.get))


def _row_of(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(RECORD_SCHEMA.names)
    row |= asdict(record.identity) | asdict(record.provenance) | {"schema_version": SCHEMA_VERSION}
    if isinstance(record, CellRecord):
        row |= {name: getattr(record, name) for name in _RESULT_COLUMNS} | {"status": "ok"}
        row |= {name: record.metrics.get(name) for name in BUILT_IN_NAMES}
        extra = {name: value for name, value in record.metrics.items() if name not in BUILT_IN_NAMES}
        row["extra_metrics"] = json.dumps(extra) if extra else None
    else:
        row |= {"status": "failed", "error": record.error, "traceback": record.traceback}
    return _storable(row)


def _storable(row: dict[str, Any]) -> dict[str, Any]:
    # A file name that is not UTF-8 reaches us with lone surrogates, which Parquet refuses. The
    # record that names the bad file must not be lost to the bad name.
    return {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }
