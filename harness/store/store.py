"""The result store: a Parquet part for each record, for the scores of its images and for its costs."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from harness.atomic_files import write_atomically
from harness.environment import without_credentials
from harness.errors import SettingsError, StoreError
from harness.metrics.catalogue import BUILT_IN_NAMES
from harness.records import CellRecord, CostRecord, ImageScore
from harness.store.checking import StoreCheck, check_store
from harness.store.claims import Claims, claim_names
from harness.store.compaction import MANY_PARTS, Compaction
from harness.store.folders import open_folder
from harness.store.parquet_bytes import encoded, encoded_many
from harness.store.part_contents import part_table
from harness.store.part_names import cell_of
from harness.store.schema import (
    COSTS_SCHEMA,
    PACKED_COSTS_SCHEMA,
    PACKED_RECORD_SCHEMA,
    RECORD_SCHEMA,
    SCORES_PART,
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
from harness.store.shelf import Place, Shelf

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "failed"]
Read = TypeVar("Read")

_ORDER = [(name, "ascending") for name in ("dataset", "category", "method", "settings", "seed", "cell_id")]
_PROBE = "write-test"
_SCORES = "scores"


class RecordStore:
    """Keeps what cells leave, in a local folder or an object store.

    ``records/`` has a part for each record, ``scores/`` one of the same name for the scores of its test images, and
    ``costs/`` one for what ``bench costs`` measured; each is written at once and never changed. ``compact`` gathers
    parts into larger files in ``packed/``, with the scores beside the record. Any number of processes may write, read
    and compact at once; of two records of one cell the later stays. There is no index and no lock: what is listed is
    the state.

    What was read is kept with this object, so that reading again costs a listing and the files that changed.
    Whatever reads several cells leaves damaged files out and logs a warning with the file's name.
    """

    def __init__(self, url: str) -> None:
        """Nothing is read or made yet.

        Args:
            url: A path, ``s3://bucket/prefix`` or ``gs://bucket/prefix``.

        Raises:
            StoreError: The address is of no known kind.
        """
        self._folder = open_folder(url)
        self._records = Shelf(self._folder, "records", RECORD_SCHEMA, PACKED_RECORD_SCHEMA)
        self._costs = Shelf(self._folder, "costs", COSTS_SCHEMA, PACKED_COSTS_SCHEMA)
        self.url = self._folder.url
        """Absolute: opens the same store from another working directory."""

    def __reduce__(self) -> tuple[type["RecordStore"], tuple[str]]:
        # Another process opens its own files.
        return RecordStore, (self.url,)

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

        The scores go first, so that a stored record always has its scores; what it replaces goes last.

        Raises:
            StoreError: The store cannot be written; the earlier record, if any, is still whole.
        """
        with self._writing():
            part, earlier = _new_part(self._records, record.identity.cell_id)
            if isinstance(record, CellRecord):
                self._folder.put(_scores_path(part), encoded(scores_table_of(record)))
            self._folder.put(self._records.path(part), encoded(table_of([record])))
            for old in earlier:
                self._folder.delete(self._records.path(old))
                self._folder.delete(_scores_path(old))

    def write_costs(self, costs: CostRecord) -> None:
        """Keep what a cell costs, in place of earlier costs of the same cell.

        Raises:
            StoreError: The store cannot be written; earlier costs, if any, are still whole.
        """
        with self._writing():
            part, earlier = _new_part(self._costs, costs.cell_id)
            self._folder.put(self._costs.path(part), encoded(costs_table_of([costs])))
            for old in earlier:
                self._folder.delete(self._costs.path(old))

    def statuses(self) -> dict[str, Status]:
        """Cell id to the status of its record.

        Raises:
            StoreError: As ``frame``.
        """
        table = self._records.rows(("status",))
        return dict(zip(table["cell_id"].to_pylist(), table["status"].to_pylist(), strict=True))

    def results(self) -> Any:
        """What tells whether two records of a cell agree: an Arrow table of identities, metrics and ``maps_sha256``.

        Raises:
            StoreError: As ``frame``.
        """
        names = ("status", "dataset", "category", "method", "seed", "finished_at", "host")
        found = self._records.rows((*names, "maps_sha256", "unreadable_ids", "extra_metrics", *BUILT_IN_NAMES))
        return found.drop_columns(["part", "pack"])

    def parts(self) -> dict[str, str]:
        """Cell id to the name of the part of its record, which changes whenever the record is written.

        Raises:
            StoreError: As ``frame``.
        """
        return {cell_id: place.part for cell_id, place in self._records.places().items()}

    def part_of(self, cell_id: str) -> str | None:
        """What ``parts`` says of one cell; None while it has no record.

        Raises:
            StoreError: As ``frame``.
        """
        place = self._records.find(cell_id)
        return None if place is None else place.part

    def costs(self) -> dict[str, CostRecord]:
        """Cell id to its costs, for the cells that ``bench costs`` has measured.

        Raises:
            StoreError: As ``frame``.
        """
        return costs_of(self._costs.rows().select(COSTS_SCHEMA.names))

    def record(self, cell_id: str) -> Record:
        """One record, whole.

        Raises:
            StoreError: The cell has no record, or a part cannot be read.
        """
        table = self._read_at_place(cell_id, self._row, is_fresh=True)
        if table is None:
            raise StoreError(f"No record of cell {cell_id!r} in {self._folder.title}.")
        (row,) = table.to_pylist()
        return record_of(row, self.image_scores(cell_id) if row["status"] == "ok" else ())

    def image_scores(self, cell_id: str) -> tuple[ImageScore, ...]:
        """The test images of a finished cell, in the order of the test set.

        Raises:
            StoreError: The cell failed or never ran, or the part cannot be read.
        """
        found = self._read_at_place(cell_id, self._scores, is_fresh=False)
        if found is None:
            raise StoreError(f"No image scores of cell {cell_id!r} in {self._folder.title}: it failed or has not run.")
        return found

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
        """Write records as one file, e.g. ``leaderboard.parquet``, for publishing.

        Image scores stay behind.

        Args:
            path: A local file, ``.parquet`` or ``.csv``; replaced when it is there.
            cell_ids: Whose records; None for all.

        Returns:
            ``path``.

        Raises:
            SettingsError: The name has another ending.
            StoreError: As ``frame``, or the file cannot be written.
        """
        encode = _ENCODERS.get(path.suffix.lower())
        if encode is None:
            raise SettingsError(f"Cannot write {path}: expected a name that ends in {' or '.join(_ENCODERS)}.")
        table = self._joined()
        if cell_ids is not None:
            table = table.filter(pc.is_in(table["cell_id"], value_set=pa.array(cell_ids, pa.string())))
        try:
            write_atomically(path, encode(table))
        except OSError as error:
            raise StoreError(f"Cannot write {path}: {error}") from error
        return path

    def is_scattered(self) -> bool:
        """Whether so many parts are loose that reading all of them takes its time.

        Raises:
            StoreError: The store cannot be listed.
        """
        return any(len(shelf.listing().loose) >= MANY_PARTS for shelf in (self._records, self._costs))

    def compact(self, *, at_least: int = 0, max_steps: int | None = None) -> int:
        """Gather loose parts into packs; safe at any time, beside writers, readers and other compactions.

        Args:
            at_least: Parts of a kind that must be loose; fewer stay as they are.
            max_steps: Most packs of a kind to write; None for as many as it takes.

        Returns:
            Number of parts that were gathered.

        Raises:
            StoreError: The store cannot be read or written; nothing is lost.
        """
        num_gathered = 0
        for shelf, scores_folder in ((self._records, _SCORES), (self._costs, None)):
            compaction, num_steps = Compaction(self._folder, shelf, scores_folder), 0
            if len(shelf.listing().loose) < at_least:
                continue
            while max_steps is None or num_steps < max_steps:
                with self._writing():
                    try:
                        gathered = compaction.step()
                    except FileNotFoundError:
                        continue  # another compaction was faster; look again
                if not gathered:
                    break
                num_gathered, num_steps = num_gathered + gathered, num_steps + 1
        return num_gathered

    def check(self) -> StoreCheck:
        """Read all of the store, and say what cannot be read.

        Raises:
            StoreError: As ``frame``.
        """
        return check_store(self._folder, self._records, self._costs)

    def claims(self) -> Claims:
        """A claim of this process on cells of the store; nobody else knows of it before it takes one."""
        return Claims(self._folder)

    def has_claim(self, name: str) -> bool:
        """Whether a run's claim of this name is there.

        Raises:
            StoreError: The store cannot be read.
        """
        try:
            return name in claim_names(self._folder)
        except OSError as error:
            raise StoreError(
                f"Cannot list the claims in {self._folder.title}: {without_credentials(str(error))}."
            ) from error

    def _joined(self) -> Any:
        records = self._records.rows().select(RECORD_SCHEMA.names)
        return joined_table(records.sort_by(_ORDER), self._costs.rows().select(COSTS_SCHEMA.names))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"Results cannot be written to {self._folder.title}: {without_credentials(str(error))}."
            ) from error

    def _read_at_place(self, cell_id: str, read: Callable[[str, Place], Read], *, is_fresh: bool) -> Read | None:
        """Read where the newest row of a cell is; None if there is nothing, there or where it is moved meanwhile."""
        place = self._records.find(cell_id, is_fresh=is_fresh)
        while True:
            with suppress(FileNotFoundError):
                if place is not None:
                    return read(cell_id, place)
            tried, place = place, self._records.find(cell_id)
            if place == tried:
                return None

    def _row(self, cell_id: str, place: Place) -> Any:
        if not place.pack:
            return self._records.part_row(place.part)
        return self._records.pack_rows(place.pack, RECORD_SCHEMA.names, cell_id)

    def _scores(self, cell_id: str, place: Place) -> tuple[ImageScore, ...]:
        path = _scores_path(place.part)
        where = self._records.title(path)
        if place.pack:
            rows = self._records.pack_rows(place.pack, [SCORES_PART], cell_id)
            content = rows[SCORES_PART][0].as_py()
            if content is None:
                raise FileNotFoundError(path)
        else:
            content = self._records.content(path)
        return image_scores_of(part_table(content, _SCORES, cell_id, SCORES_SCHEMA, where))


def _new_part(shelf: Shelf, cell_id: str) -> tuple[str, list[str]]:
    """The name of the next part of a cell, and those of the loose parts that it replaces."""
    listing = shelf.listing()
    return listing.new_part(cell_id), [part for part in listing.loose if cell_of(part) == cell_id]


def _scores_path(part: str) -> str:
    return f"{_SCORES}/{part}.parquet"


def _csv(table: Any) -> bytes:
    frame = frame_of(table)
    frame["overlap_curve"] = [None if curve is None else json.dumps(list(curve)) for curve in frame["overlap_curve"]]
    return frame.to_csv(index=False).encode()


_ENCODERS: dict[str, Callable[[Any], bytes]] = {".parquet": encoded_many, ".csv": _csv}
