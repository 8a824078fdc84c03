"""One explicit Parquet schema a part kind, and the way between records and rows. Pure: no disk."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from harness.records import SCHEMA_VERSION, CellIdentity, CellRecord, FailureRecord, ImageScore, Provenance

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
        pa.field("image_auroc", pa.float64()),
        pa.field("image_average_precision", pa.float64()),
        pa.field("image_f1_max", pa.float64()),
        pa.field("pixel_auroc", pa.float64()),
        pa.field("pixel_average_precision", pa.float64()),
        pa.field("pixel_f1_max", pa.float64()),
        pa.field("aupro_30", pa.float64()),
        pa.field("aupro_05", pa.float64()),
        pa.field("spro_05", pa.float64()),
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
        _always("schema_version", pa.int64()),
    ]
)

_NOT_FLAT = {"identity", "provenance", "image_scores"}
_IDENTITY_COLUMNS = [field.name for field in fields(CellIdentity)]
_PROVENANCE_COLUMNS = [field.name for field in fields(Provenance)]
_RESULT_COLUMNS = [field.name for field in fields(CellRecord) if field.name not in _NOT_FLAT]
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
    results["overlap_curve"] = None if row["overlap_curve"] is None else tuple(row["overlap_curve"])
    return CellRecord(identity=identity, provenance=provenance, image_scores=image_scores, **results)


def image_scores_of(table: Any) -> tuple[ImageScore, ...]:
    """The image scores in a table of ``SCORES_SCHEMA``, in stored order."""
    return tuple(ImageScore(**row) for row in table.select(_SCORE_COLUMNS).to_pylist())


def frame_of(table: Any) -> "pd.DataFrame":
    """A table of ``RECORD_SCHEMA`` as a frame.

    Columns and their order are the schema's. A float that a record lacks is NaN; integers are
    pandas' nullable ``Int64``, so that a failed record does not turn counts into floats.
    """
    import pandas as pd  # readers of statuses alone never pay for it

    integers = {pa.int64(): pd.Int64Dtype()}
    return cast("pd.DataFrame", table.to_pandas(types_mapper=integers.get))


def _row_of(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(RECORD_SCHEMA.names)
    row |= asdict(record.identity) | asdict(record.provenance) | {"schema_version": SCHEMA_VERSION}
    if isinstance(record, CellRecord):
        row |= {name: getattr(record, name) for name in _RESULT_COLUMNS} | {"status": "ok"}
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
