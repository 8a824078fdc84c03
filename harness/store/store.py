"""The result store: a Parquet part for each record, for the scores of its images and for its costs."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.environment import without_credentials
from harness.errors import DamagedPartError, StoreError
from harness.records import CellRecord, CostRecord, ImageScore
from harness.store.folders import Stamp, open_folder, write_atomically
from harness.store.migrations import COSTS_STEPS, RECORD_STEPS, SCORES_STEPS, Step, upgrade
from harness.store.schema import (
    COSTS_SCHEMA,
    RECORD_SCHEMA,
    SCORES_SCHEMA,
    Record,
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
_READERS = 8  # parts are a few kilobytes: waiting, not decoding, is what takes the time
_KINDS: Mapping[str, tuple[Mapping[int, Step], Any]] = {
    "records": (RECORD_STEPS, RECORD_SCHEMA),
    "scores": (SCORES_STEPS, SCORES_SCHEMA),
    "costs": (COSTS_STEPS, COSTS_SCHEMA),
}
_PROBE = "write-test"


class RecordStore:
    """Keeps what cells leave, in a local folder or an object store.

    ``records/<cell_id>.parquet`` is a record, ``scores/<cell_id>.parquet`` the scores of its test images, and
    ``costs/<cell_id>.parquet`` what ``bench costs`` measured. Any number of processes may write at once; of two
    records of one cell the later stays. There is no index and no lock: the folder listing is the state.

    What was read is kept with this object, so that reading again costs a listing and the parts that changed.
    A damaged part is left out of everything that reads several, and named in ``problems``.
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
        self.problems: tuple[str, ...] = ()
        """One line for each damaged part that the latest reading left out; each names the file."""

    def check_writable(self) -> None:
        """Write a file and remove it again.

        Raises:
            StoreError: The store cannot be written.
        """
        try:
            self._folder.put(_PROBE, b"")
            self._folder.delete(_PROBE)
        except OSError as error:
            raise StoreError(
                f"Results cannot be written to {self._folder.title}: {without_credentials(str(error))}."
            ) from error

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

    def write_costs(self, costs: CostRecord) -> None:
        """Keep what a cell costs, in place of earlier costs of the same cell.

        Raises:
            StoreError: The store cannot be written; earlier costs, if any, are still whole.
        """
        try:
            self._folder.put(f"costs/{costs.cell_id}.parquet", _encoded(costs_table_of([costs])))
        except OSError as error:
            raise StoreError(f"Cannot write costs to {self._folder.title}: {error}") from error

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
        rows = self._parts("costs").drop_columns(["schema_version"]).to_pylist()
        return {row["cell_id"]: CostRecord(**row) for row in rows}

    def records(self) -> list[Record]:
        """Every record, by data set, category, method, settings and seed, with ``image_scores`` empty.

        Raises:
            StoreError: As ``frame``.
        """
        return [record_of(row) for row in self._parts("records").sort_by(_ORDER).to_pylist()]

    def record(self, cell_id: str) -> Record:
        """One record, whole.

        Raises:
            StoreError: The cell has no record, or a part cannot be read.
        """
        try:
            table = self._decode(_record_part(cell_id), "records")
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
            table = self._decode(name, "scores")
        except FileNotFoundError:
            raise StoreError(
                f"No image scores of cell {cell_id!r} in {self._folder.title}: it failed or has not run."
            ) from None
        return image_scores_of(table)

    def frame(self) -> "pd.DataFrame":
        """Every record as one row of a frame, in the order of ``records``.

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
        content = _encoded(table, compression="zstd")
        try:
            write_atomically(path, content)
        except OSError as error:
            raise StoreError(f"Cannot write {path}: {error}") from error
        return path

    def _joined(self) -> Any:
        records = self._parts("records").sort_by(_ORDER)
        problems = self.problems
        costs = self._parts("costs")
        self.problems = (*problems, *self.problems)
        return joined_table(records, costs)

    def _parts(self, folder: str) -> Any:
        """All parts of a folder as one table; those that are damaged are named in ``problems``."""
        try:
            stamps = self._folder.stamps(folder)
        except OSError as error:
            raise StoreError(f"Cannot list the {folder} in {self._folder.title}: {error}") from error
        names = [name for name in stamps if name.endswith(".parquet") and not name.startswith(".")]

        def read(name: str) -> Any:
            place = f"{folder}/{name}"
            stamp, found = self._known.get(place, (None, None))
            if stamp != stamps[name]:
                try:
                    found = self._decode(place, folder)
                except DamagedPartError as error:
                    found = str(error)
                except FileNotFoundError:  # removed since it was listed
                    return None
                self._known[place] = stamps[name], found
            return found

        with ThreadPoolExecutor(_READERS, thread_name_prefix="part-reader") as pool:
            found = list(pool.map(read, names))
        self.problems = tuple(part for part in found if isinstance(part, str))
        tables = [part for part in found if isinstance(part, pa.Table)]
        return pa.concat_tables([_KINDS[folder][1].empty_table(), *tables]).combine_chunks()

    def _decode(self, name: str, folder: str) -> Any:
        steps, schema = _KINDS[folder]
        table = upgrade(self._columns(name), steps, self._path(name))
        missing = sorted(set(schema.names) - set(table.column_names))
        if missing:
            raise DamagedPartError(
                f"{self._path(name)}: not a part of a result store: it has no column {missing[0]!r}."
            )
        try:
            table = table.select(schema.names).cast(schema)
        except (pa.ArrowException, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DamagedPartError(f"{self._path(name)}: a column has the wrong type: {reason}") from error
        stem = Path(name).stem
        if folder != "scores" and table["cell_id"].to_pylist() != [stem]:
            raise DamagedPartError(f"{self._path(name)}: expected one row of cell {stem!r}, as its name says.")
        return table

    def _columns(self, name: str) -> Any:
        try:
            content = self._folder.get(name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"{self._path(name)}: cannot be read: {error}") from error
        try:
            return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise DamagedPartError(
                f"{self._path(name)}: not a readable Parquet file ({reason}). Run its cell again to replace it."
            ) from error

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
