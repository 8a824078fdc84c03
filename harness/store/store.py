"""The result store: one Parquet part a record, one beside it for the scores of its images."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.environment import without_credentials
from harness.errors import StoreError
from harness.records import SCHEMA_VERSION, CellRecord, ImageScore
from harness.store.folders import open_folder, write_atomically
from harness.store.migrations import RECORD_STEPS, SCORES_STEPS, Step, upgrade, version_of
from harness.store.schema import (
    RECORD_SCHEMA,
    SCORES_SCHEMA,
    Record,
    frame_of,
    image_scores_of,
    record_of,
    scores_table_of,
    table_of,
)

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "failed"]
T = TypeVar("T")

_STATUS_COLUMNS = ["cell_id", "status", "schema_version"]
_ORDER = [(name, "ascending") for name in ("dataset", "category", "method", "settings", "seed", "cell_id")]
_READERS = 8  # parts are a few kilobytes: waiting, not decoding, is what takes the time


class RecordStore:
    """Keeps what cells leave, in a local folder or an object store.

    ``records/<cell_id>.parquet`` is a record, ``scores/<cell_id>.parquet`` the scores of its test
    images. Any number of processes may write at once; of two records of one cell the later stays.
    There is no index and no lock: the folder listing is the state.
    """

    def __init__(self, url: str) -> None:
        """Nothing is read or made yet.

        Args:
            url: A path, ``s3://bucket/prefix`` or ``gs://bucket/prefix``.

        Raises:
            StoreError: The address is of no known kind.
        """
        self._folder = open_folder(url)
        self.url = self._folder.url
        """Absolute: opens the same store from another working directory."""

    def write(self, record: Record) -> None:
        """Keep a record, in place of an earlier one of the same cell.

        The scores go first, so that a stored record always has its scores. A failed record removes
        the scores of an earlier success after it has replaced it.

        Raises:
            StoreError: The store cannot be written; the earlier record, if any, is still whole.
        """
        cell_id = record.identity.cell_id
        try:
            if isinstance(record, CellRecord):
                self._folder.put(_scores_part(cell_id), _encoded(scores_table_of(record)))
            self._folder.put(_record_part(cell_id), _encoded(table_of([record])))
            if not isinstance(record, CellRecord):
                self._folder.delete(_scores_part(cell_id))
        except OSError as error:
            raise StoreError(f"Cannot write a record to {self._folder.title}: {error}") from error

    def check_writable(self) -> None:
        """Write a small file and remove it again, so that a run is not lost at its first record.

        Raises:
            StoreError: The store cannot be written.
        """
        name = f".writable-{secrets.token_hex(4)}"
        try:
            self._folder.put(name, b"")
            self._folder.delete(name)
        except OSError as error:
            reason = without_credentials(str(error))
            raise StoreError(f"Results cannot be written to {self._folder.title}: {reason}.") from error

    def statuses(self) -> dict[str, Status]:
        """Cell id to the status of its record; decodes three columns and no more.

        Raises:
            StoreError: A part cannot be read.
        """
        return dict(self._each_record_part(self._status))

    def records(self) -> list[Record]:
        """Every record, by data set, category, method, settings and seed, with ``image_scores`` empty.

        Raises:
            StoreError: A part cannot be read.
        """
        return [record_of(row) for row in self._table().to_pylist()]

    def record(self, cell_id: str) -> Record:
        """One record, whole.

        Raises:
            StoreError: The cell has no record, or a part cannot be read.
        """
        try:
            table = self._record_table(_record_part(cell_id))
        except FileNotFoundError:
            raise StoreError(f"No record of cell {cell_id!r} in {self._folder.title}.") from None
        (row,) = table.to_pylist()
        return record_of(row, self.image_scores(cell_id) if row["status"] == "ok" else ())

    def image_scores(self, cell_id: str) -> tuple[ImageScore, ...]:
        """The test images of a finished cell, in the order of the test set.

        Raises:
            StoreError: The cell failed or never ran, or the part cannot be read.
        """
        name = _scores_part(cell_id)
        try:
            table = self._decode(name, SCORES_STEPS, SCORES_SCHEMA)
        except FileNotFoundError:
            raise StoreError(
                f"No image scores of cell {cell_id!r} in {self._folder.title}: it failed or has not run."
            ) from None
        return image_scores_of(table)

    def frame(self) -> "pd.DataFrame":
        """Every record as one row of a frame, in the order of ``records``.

        Columns are the fields of the records, identity and provenance flattened, and ``status``
        (``ok`` or ``failed``) and ``schema_version``; see ``harness.store.schema``.

        Raises:
            StoreError: A part cannot be read.
        """
        return frame_of(self._table())

    def export(self, path: Path, cell_ids: Iterable[str] | None = None) -> Path:
        """Write records as one Parquet file, e.g. ``leaderboard.parquet``, for publishing.

        Image scores stay behind.

        Args:
            path: A local file; replaced when it is there.
            cell_ids: Whose records; None for all.

        Returns:
            ``path``.

        Raises:
            StoreError: A part cannot be read, or the file cannot be written.
        """
        table = self._table()
        if cell_ids is not None:
            table = table.filter(pc.is_in(table["cell_id"], value_set=pa.array(cell_ids, pa.string())))
        content = _encoded(table, compression="zstd")
        try:
            write_atomically(path, content)
        except OSError as error:
            raise StoreError(f"Cannot write {path}: {error}") from error
        return path

    def _table(self) -> Any:
        tables = self._each_record_part(self._record_table)
        whole = pa.concat_tables([RECORD_SCHEMA.empty_table(), *tables])
        return whole.combine_chunks().sort_by(_ORDER)

    def _record_table(self, name: str) -> Any:
        table = self._decode(name, RECORD_STEPS, RECORD_SCHEMA)
        self._check_owner(table, name)
        return table

    def _status(self, name: str) -> tuple[str, Status]:
        table = self._columns(name, _STATUS_COLUMNS)
        if version_of(table, self._path(name)) < SCHEMA_VERSION:
            table = self._record_table(name)
        self._check_owner(table, name)
        return table.column("cell_id")[0].as_py(), table.column("status")[0].as_py()

    def _check_owner(self, table: Any, name: str) -> None:
        stem = Path(name).stem
        if table.num_rows != 1 or table.column("cell_id")[0].as_py() != stem:
            raise StoreError(f"{self._path(name)}: not the record of cell {stem!r}, which its name promises.")

    def _decode(self, name: str, steps: Mapping[int, Step], schema: Any) -> Any:
        table = upgrade(self._columns(name, None), steps, self._path(name))
        if table.schema.equals(schema):
            return table
        missing = sorted(set(schema.names) - set(table.column_names))
        if missing:
            raise StoreError(f"{self._path(name)}: not a part of a result store: it has no column {missing[0]!r}.")
        try:
            return table.select(schema.names).cast(schema)
        except (pa.ArrowException, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise StoreError(f"{self._path(name)}: a column has the wrong type: {reason}") from error

    def _columns(self, name: str, columns: list[str] | None) -> Any:
        try:
            content = self._folder.get(name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"{self._path(name)}: cannot be read: {error}") from error
        try:
            return pq.ParquetFile(pa.BufferReader(content)).read(columns=columns, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise StoreError(
                f"{self._path(name)}: not a readable Parquet file ({reason}). Remove it and its cell runs again."
            ) from error

    def _each_record_part(self, read: Callable[[str], T]) -> Iterable[T]:
        try:
            listed = self._folder.names("records")
        except OSError as error:
            raise StoreError(f"Cannot list the records in {self._folder.title}: {error}") from error
        names = [f"records/{name}" for name in listed if name.endswith(".parquet") and not name.startswith(".")]
        with ThreadPoolExecutor(_READERS, thread_name_prefix="record-reader") as pool:
            return list(pool.map(read, names))

    def _path(self, name: str) -> str:
        return f"{self._folder.title}/{name}"


def _record_part(cell_id: str) -> str:
    return f"records/{cell_id}.parquet"


def _scores_part(cell_id: str) -> str:
    return f"scores/{cell_id}.parquet"


def _encoded(table: Any, compression: str = "none") -> bytes:
    # For one row, dictionaries, statistics and compression cost more bytes than they save.
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=compression, use_dictionary=compression != "none", write_statistics=False)
    return bytes(sink.getvalue())
