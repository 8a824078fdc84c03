"""Parts of a result store: Parquet files that others may have written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.store import RecordStore
from harness.store.schema import costs_table_of, scores_table_of, table_of
from tests.hostile.bad_input import BadInput
from tests.support import records as make

IDENTITY = make.identity()
CELL = IDENTITY.cell_id
_RECORD = make.cell_record(identity=IDENTITY)


def _encoded(table: Any, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return bytes(sink.getvalue())


def _part(content: bytes | Callable[[], bytes], folder: str = "records") -> Callable[[Path], object]:
    """The record of a cell whose one part is this."""

    def read(here: Path) -> object:
        store = RecordStore(str(here))
        store.write(_RECORD)
        store.write_costs(make.cost_record(CELL))
        for kind in ("records", "scores", "costs"):
            # The name of earlier releases, which is the same each time.
            next((here / kind).glob("*.parquet")).rename(here / kind / f"{CELL}.parquet")
        (here / folder / f"{CELL}.parquet").write_bytes(content if isinstance(content, bytes) else content())
        return store._costs.part_row(CELL) if folder == "costs" else store.record(CELL)

    return read


def with_columns(table: Any = None, **columns: Any) -> Callable[[], bytes]:
    """The part with other columns; an array, or a value for its one row."""

    def encoded() -> bytes:
        changed = table_of([_RECORD]) if table is None else table
        for name, value in columns.items():
            array = value if isinstance(value, pa.Array) else pa.array([value], changed.schema.field(name).type)
            changed = changed.set_column(changed.column_names.index(name), name, array)
        return _encoded(changed)

    return encoded


def _rows(num_rows: int) -> bytes:
    """A few kilobytes that become gigabytes."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(num_rows, np.int32), ["x" * 100])
    return _encoded(pa.table({"cell_id": texts}), compression="zstd")


WHOLE = with_columns()()

_PARTS: dict[str, bytes | Callable[[], bytes]] = {
    "nothing": b"",
    "text": b"no Parquet",
    "half a part": WHOLE[: len(WHOLE) // 2],
    "a part without its end": WHOLE[:-100],
    "a footer of two gigabytes": WHOLE[:-8] + b"\xff\xff\xff\x7fPAR1",
    "a flipped footer": WHOLE[:-40] + bytes(byte ^ 0xFF for byte in WHOLE[-40:-8]) + WHOLE[-8:],
    "a foreign table": lambda: _encoded(pa.table({"price": [1.0]})),
    "no column of a metric": lambda: _encoded(table_of([_RECORD]).drop_columns(["aupro_30"])),
    "a metric in words": with_columns(aupro_30=pa.array(["high"])),
    "a version in words": with_columns(schema_version=pa.array(["four"])),
    "a newer version": with_columns(schema_version=99),
    "version zero": with_columns(schema_version=0),
    "a negative version": with_columns(schema_version=-1),
    "no version": with_columns(schema_version=pa.array([None], pa.int64())),
    "another cell": lambda: _encoded(table_of([make.failure_record(identity=make.identity(seed=7))])),
    "two rows": lambda: _encoded(table_of([_RECORD, _RECORD])),
    "no row": lambda: _encoded(table_of([_RECORD]).slice(0, 0)),
    "ten million rows": lambda: _rows(10_000_000),
    "a text of 65 megabytes": lambda: _long_text(),
    "an unknown status": with_columns(status="maybe"),
    "no data set": with_columns(dataset=pa.array([None], pa.string())),
    "no time": with_columns(started_at=pa.array([None], pa.string())),
    "a success without images": with_columns(num_train=pa.array([None], pa.int64())),
    "a metric above one": with_columns(image_auroc=7.5),
    "a metric without an end": with_columns(image_auroc=float("inf")),
    "a metric that is no number": with_columns(image_auroc=float("nan")),
    "a data set that leads out": with_columns(dataset="../../etc"),
    "a category that leads out": with_columns(category=".."),
    "a category with an absolute path": with_columns(category="/etc"),
    "a method that leads out": with_columns(method="../../x"),
    "settings that are no JSON": with_columns(settings="{"),
    "settings that are a list": with_columns(settings="[1]"),
    "settings a hundred thousand deep": with_columns(settings='{"a":' * 100_000),
    "settings with a number of five thousand digits": with_columns(settings=f'{{"a": {"9" * 5000}}}'),
    "versions that are no JSON": with_columns(versions="numpy 2"),
    "versions that are a list": with_columns(versions="[]"),
    "metrics of plug-ins that are no JSON": with_columns(extra_metrics="{"),
    "metrics of plug-ins that are a list": with_columns(extra_metrics="[1]"),
    "metrics of plug-ins in words": with_columns(extra_metrics='{"mine": "high"}'),
    "images that are no JSON": with_columns(unreadable_ids="[", num_unreadable=1),
    "images that are a number": with_columns(unreadable_ids="3", num_unreadable=1),
}  # fmt: skip


def _long_text() -> bytes:
    table = table_of([_RECORD])
    text = pa.array(["x" * 65_000_000], pa.string())
    table = table.set_column(table.column_names.index("command"), "command", text)
    return _encoded(table, compression="zstd", use_dictionary=False, write_statistics=False)


def _scores(**columns: Any) -> Callable[[Path], object]:
    return _part(with_columns(scores_table_of(_RECORD), **columns), "scores")


PART_INPUTS = [
    *(BadInput(f"part: {name}", _part(content)) for name, content in _PARTS.items()),
    BadInput("scores: another cell", _scores(cell_id=pa.array(["feed", "feed"]))),
    BadInput("scores: a foreign table", _part(lambda: _encoded(pa.table({"price": [1.0]})), "scores")),
    BadInput("scores: ten million images", _part(lambda: _rows(10_000_000), "scores")),
    BadInput("scores: a score that is no number", _scores(anomaly_score=pa.array([float("nan"), 1.0]))),
    BadInput("scores: no score", _scores(anomaly_score=pa.array([None, 1.0]))),
    BadInput("costs: another cell", _part(lambda: _encoded(costs_table_of([make.cost_record("feed")])), "costs")),
    BadInput("costs: half a part", _part(lambda: _encoded(costs_table_of([make.cost_record(CELL)]))[:200], "costs")),
    BadInput("store: an address of an unknown kind", lambda here: RecordStore("ftp://user:secret@host/results")),
    BadInput("store: an address without a bucket", lambda here: RecordStore("s3://")),
    BadInput("store: a file in the place of its folder", lambda here: _file_store(here)),
]  # fmt: skip


def _file_store(here: Path) -> object:
    (here / "records").write_text("a file")
    return RecordStore(str(here)).statuses()
