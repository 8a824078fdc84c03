"""The result store: a Parquet part for each record, for the scores of its images and for its costs."""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.atomic_files import write_atomically
from harness.environment import without_credentials
from harness.errors import DamagedPartError, StoreError
from harness.records import CellRecord, CostRecord, ImageScore
from harness.store.checking import problem_of_file, problem_of_rows
from harness.store.folders import Stamp, open_folder
from harness.store.migrations import upgrade
from harness.store.schema import (
    COSTS_SCHEMA,
    RECORD_SCHEMA,
    SCORES_SCHEMA,
    Record,
    costs_of,
    costs_table_of,
    frame_of,
    image_scores_of,
    joined_table,
    record_of,
    scores_table_of,
    table_of,
)

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "failed"]

_ORDER = [(name, "ascending") for name in ("dataset", "category", "method", "settings", "seed", "cell_id")]
_NUM_READERS = 8  # parts are a few kilobytes: waiting, not decoding, is what takes the time
_SCHEMAS = {"records": RECORD_SCHEMA, "scores": SCORES_SCHEMA, "costs": COSTS_SCHEMA}
_PROBE = "write-test"


class RecordStore:
    """Keeps what cells leave, in a local folder or an object store.

    ``records/<cell_id>.parquet`` is a record, ``scores/<cell_id>.parquet`` the scores of its test images, and
    ``costs/<cell_id>.parquet`` what ``bench costs`` measured. Any number of processes may write at once; of two
    records of one cell the later stays. There is no index and no lock: the folder listing is the state.

    What was read is kept with this object, so that reading again costs a listing and the parts that changed.
    Whatever reads several parts leaves damaged ones out and logs a warning with the file's name.
    """

    def __init__(self, url: str) -> None:
        """Nothing is read or made yet.

        Args:
            url: A path, ``s3://bucket/prefix`` or ``gs://bucket/prefix``.

        Raises:
            StoreError: The address is of no known kind.
        """
        self._folder = open_folder(url)
        self._known: dict[str, tuple[Stamp, Any]] = {}
        self.url = self._folder.url
        """Absolute: opens the same store from another working directory."""

    def check_writable(self) -> None:
        """Write a file and remove it again.

        Raises:
            StoreError: The store cannot be written.
        """
        with self._writing():
            self._folder.put(_PROBE, b"")
            self._folder.delete(_PROBE)

    def write(self, record: Record) -> None:
        """Keep a record, in place of an earlier one of the same cell.

        The scores go first, so that a stored record always has its scores. A failed record removes
        the scores of an earlier success after it has replaced it.

        Raises:
            StoreError: The store cannot be written; the earlier record, if any, is still whole.
        """
        cell_id = record.identity.cell_id
        with self._writing():
            if isinstance(record, CellRecord):
                self._folder.put(_part("scores", cell_id), _encoded(scores_table_of(record)))
            self._folder.put(_part("records", cell_id), _encoded(table_of([record])))
            if not isinstance(record, CellRecord):
                self._folder.delete(_part("scores", cell_id))

    def write_costs(self, costs: CostRecord) -> None:
        """Keep what a cell costs, in place of earlier costs of the same cell.

        Raises:
            StoreError: The store cannot be written; earlier costs, if any, are still whole.
        """
        with self._writing():
            self._folder.put(_part("costs", costs.cell_id), _encoded(costs_table_of([costs])))

    def statuses(self) -> dict[str, Status]:
        """Cell id to the status of its record.

        Raises:
            StoreError: As ``frame``.
        """
        table = self._parts("records")
        return dict(zip(table["cell_id"].to_pylist(), table["status"].to_pylist(), strict=True))

    def costs(self) -> dict[str, CostRecord]:
        """Cell id to its costs, for the cells that ``bench costs`` has measured.

        Raises:
            StoreError: As ``frame``.
        """
        return costs_of(self._parts("costs"))

    def record(self, cell_id: str) -> Record:
        """One record, whole.

        Raises:
            StoreError: The cell has no record, or a part cannot be read.
        """
        try:
            table = self._decode("records", cell_id)
        except FileNotFoundError:
            raise StoreError(f"No record of cell {cell_id!r} in {self._folder.title}.") from None
        (row,) = table.to_pylist()
        return record_of(row, self.image_scores(cell_id) if row["status"] == "ok" else ())

    def image_scores(self, cell_id: str) -> tuple[ImageScore, ...]:
        """The test images of a finished cell, in the order of the test set.

        Raises:
            StoreError: The cell failed or never ran, or the part cannot be read.
        """
        try:
            return image_scores_of(self._decode("scores", cell_id))
        except FileNotFoundError:
            raise StoreError(
                f"No image scores of cell {cell_id!r} in {self._folder.title}: it failed or has not run."
            ) from None

    def frame(self) -> "pd.DataFrame":
        """Every record as one row of a frame, by data set, category, method, settings and seed.

        Columns are the fields of the records, identity, provenance and metrics flattened, ``status``
        (``ok`` or ``failed``), ``schema_version``, and those of ``harness.store.schema.joined_table``: costs
        that were measured apart take the place of those of the run.

        Raises:
            StoreError: The store cannot be listed, a part cannot be opened, or is newer than this program.
        """
        return frame_of(self._joined())

    def export(self, path: Path, cell_ids: Iterable[str] | None = None) -> Path:
        """Write records as one Parquet file, e.g. ``leaderboard.parquet``, for publishing.

        Image scores stay behind.

        Args:
            path: A local file; replaced when it is there.
            cell_ids: Whose records; None for all.

        Returns:
            ``path``.

        Raises:
            StoreError: As ``frame``, or the file cannot be written.
        """
        table = self._joined()
        if cell_ids is not None:
            table = table.filter(pc.is_in(table["cell_id"], value_set=pa.array(cell_ids, pa.string())))
        try:
            write_atomically(path, _encoded(table, compression="zstd"))
        except OSError as error:
            raise StoreError(f"Cannot write {path}: {error}") from error
        return path

    def _joined(self) -> Any:
        return joined_table(self._parts("records").sort_by(_ORDER), self._parts("costs"))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"Results cannot be written to {self._folder.title}: {without_credentials(str(error))}."
            ) from error

    def _parts(self, folder: str) -> Any:
        """All parts of a folder as one table, without those that are damaged."""
        try:
            stamps = self._folder.stamps(folder)
        except OSError as error:
            reason = "expected a folder, got a file" if isinstance(error, NotADirectoryError) else str(error)
            raise StoreError(f"Cannot list the {folder} in {self._folder.title}: {reason}.") from error

        def read(name: str) -> Any:
            place = f"{folder}/{name}"
            stamp, table = self._known.get(place, (None, None))
            if stamp != stamps[name]:
                try:
                    table = self._decode(folder, name.removesuffix(".parquet"))
                except DamagedPartError as error:
                    _warn(f"Left out {error}")
                    table = None
                except FileNotFoundError:  # removed since it was listed
                    return None
                self._known[place] = stamps[name], table
            return table

        names = [name for name in stamps if name.endswith(".parquet") and not name.startswith(".")]
        with ThreadPoolExecutor(_NUM_READERS, thread_name_prefix="part-reader") as pool:
            tables = [table for table in pool.map(read, names) if table is not None]
        return pa.concat_tables([_SCHEMAS[folder].empty_table(), *tables]).combine_chunks()

    def _decode(self, folder: str, cell_id: str) -> Any:
        schema, path = _SCHEMAS[folder], f"{self._folder.title}/{_part(folder, cell_id)}"
        try:
            content = self._folder.get(_part(folder, cell_id))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error}") from error
        try:
            file = pq.ParquetFile(pa.BufferReader(content))
            if (problem := problem_of_file(file.metadata, folder, cell_id)) is not None:
                raise DamagedPartError(f"{path}: {problem}.")
            table = file.read(use_threads=False)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise DamagedPartError(
                f"{path}: not a readable Parquet file ({reason}). Run its cell again to replace it."
            ) from error
        table = upgrade(table, folder, schema, path)
        missing = sorted(set(schema.names) - set(table.column_names))
        if missing:
            raise DamagedPartError(f"{path}: not a part of a result store: it has no column {missing[0]!r}.")
        try:
            table = table.select(schema.names).cast(schema)
        except (pa.ArrowException, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DamagedPartError(f"{path}: a column has the wrong type: {reason}") from error
        if (problem := problem_of_rows(table, folder, cell_id)) is not None:
            raise DamagedPartError(f"{path}: {problem}.")
        return table


@cache
def _warn(message: str) -> None:
    """Log a warning, once in a process whatever the number of readers."""
    logging.getLogger(__name__).warning("bench: %s", message)


def _part(folder: str, cell_id: str) -> str:
    return f"{folder}/{cell_id}.parquet"


def _encoded(table: Any, compression: str = "none") -> bytes:
    # For one row, dictionaries, statistics and compression cost more bytes than they save.
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=compression, use_dictionary=compression != "none", write_statistics=False)
    return bytes(sink.getvalue())
