"""One kind of what cells leave: loose parts, one a write, and packs of many rows. Reads both as one table.

Of several rows of one cell the one whose part has the greatest name counts. A row may be in several places for a
while, when a compaction was cut off; it counts once.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import DamagedPartError, StoreError
from harness.records import SCHEMA_VERSION
from harness.store.folders import Folder, Stamp
from harness.store.migrations import upgrade, version_of
from harness.store.parquet_bytes import conformed, damage, rows_of_cell
from harness.store.part_contents import check_records, part_table
from harness.store.part_names import cell_of, new_name

_NUM_READERS = 8  # parts are a few kilobytes: waiting for an object store takes the time
_PARTS_AT_ONCE = 1024
_LAG_SECONDS = 0.1
_SUFFIX = ".parquet"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What is on a shelf at one moment."""

    loose: Mapping[str, Stamp]
    """Names of parts."""
    packs: Mapping[str, Stamp]
    """Names of packs."""

    @cached_property
    def newest_loose(self) -> dict[str, str]:
        """Cell to its newest loose part."""
        return {cell_of(part): part for part in sorted(self.loose)}

    def new_part(self, cell_id: str) -> str:
        """A name for a part that counts instead of all that are listed."""
        return new_name((*self.loose, *self.packs), cell_id)

    def new_pack(self) -> str:
        """A name for a pack; of equal rows those of the newest pack count."""
        return new_name((*self.loose, *self.packs))


@dataclass(frozen=True)
class Place:
    """Where the row of a cell is."""

    part: str
    pack: str
    """Empty for a loose part."""


class Shelf:
    """Reads the parts of one kind, in ``<kind>/`` and ``packed/<kind>/`` of a folder.

    What was read is kept, so that reading again costs a listing and the files that changed. That is the only index
    there is: the files say everything, and a listing tells whether what is kept is still true.
    """

    def __init__(self, folder: Folder, kind: str, schema: Any, packed_schema: Any) -> None:
        """Args:
        folder: The store's.
        kind: ``records`` or ``costs``.
        schema: Of a part.
        packed_schema: Of a pack: that of a part, ``part``, and what else of the cell is packed.
        """
        self.kind = kind
        self.schema, self.packed_schema = schema, packed_schema
        self._folder = folder
        self._files: dict[str, Any] = {}
        self._known: dict[tuple[str, Sequence[str] | None], tuple[Stamp, Any]] = {}
        self._listing: Listing | None = None
        self._packed: tuple[Mapping[str, Stamp], dict[str, Place]] = ({}, {})

    def path(self, part: str) -> str:
        """The file of a loose part."""
        return f"{self.kind}/{part}{_SUFFIX}"

    def pack_path(self, pack: str) -> str:
        """The file of a pack."""
        return f"packed/{self.kind}/{pack}{_SUFFIX}"

    def title(self, path: str) -> str:
        """A file for messages."""
        return f"{self._folder.title}/{path}"

    def listing(self) -> Listing:
        """What is there now.

        Raises:
            StoreError: The folder cannot be listed.
        """
        # Packs last: a part that is gone from the first listing is in a pack of the second.
        loose = self._names(self.kind)
        packs = self._names(f"packed/{self.kind}")
        if self._listing is None or (self._listing.loose, self._listing.packs) != (loose, packs):
            self._listing = Listing(loose=loose, packs=packs)
            places = {*map(self.path, loose), *map(self.pack_path, packs)}
            self._known = {key: value for key, value in self._known.items() if key[0] in places}
            self._files = {pack: file for pack, file in self._files.items() if pack in packs}
        return self._listing

    def rows(self, columns: Sequence[str] | None = None) -> Any:
        """The newest row of every cell, damaged files left out with a warning.

        Args:
            columns: Those to read; None for all of a part.

        Returns:
            A table of these columns, ``cell_id``, ``part`` and ``pack``.

        Raises:
            StoreError: The folder cannot be listed, or a file cannot be read or is newer than this program.
        """
        wanted = tuple(self.schema.names if columns is None else dict.fromkeys(("cell_id", *columns)))
        while True:
            listing = self.listing()
            try:
                tables = [self.loose_rows(listing, list(listing.loose)).select([*wanted, "part", "pack"])]
                tables += self._pack_tables(listing, wanted, is_kept=columns is not None)
            except FileNotFoundError:  # packed or replaced since it was listed
                if self.listing() is listing:
                    time.sleep(_LAG_SECONDS)  # a listing of NFS lags behind
                continue
            table = pa.concat_tables(tables).combine_chunks()
            del tables
            return newest_rows(table)

    def loose_rows(self, listing: Listing, parts: Sequence[str]) -> Any:
        """The rows of some loose parts, damaged ones left out, with ``part`` and an empty ``pack``.

        Raises:
            FileNotFoundError: One of them is gone.
            StoreError: As ``rows``.
        """
        tables, read = [self.schema.empty_table()], []
        for part, table in self._parts(listing, parts):
            if table is not None:
                tables.append(table)
                read.append(part)
        table = pa.concat_tables(tables).combine_chunks()
        return _placed(table.append_column("part", pa.array(read, pa.string())), "")

    def pack_rows(self, pack: str, columns: Sequence[str], cell_id: str | None = None) -> Any:
        """Rows of one pack.

        Args:
            pack: Its name.
            columns: Of ``packed_schema``.
            cell_id: Whose rows; None for all.

        Raises:
            FileNotFoundError: The pack is gone.
            DamagedPartError: It is no pack.
            StoreError: As ``rows``.
        """
        where, schema = self.title(self.pack_path(pack)), self.packed_schema

        def read(file: Any, names: list[str] | None) -> Any:
            return file.read(names, use_threads=False) if cell_id is None else rows_of_cell(file, cell_id, names)

        needed = list(dict.fromkeys([*columns, "cell_id", "schema_version"]))
        table = self._from_pack(pack, lambda file: read(file, needed))
        if version_of(table, where) < SCHEMA_VERSION:
            table = upgrade(self._from_pack(pack, lambda file: read(file, None)), self.kind, schema, where)
        table = conformed(table, pa.schema([schema.field(name) for name in columns]), where)
        if self.kind == "records":
            check_records(table, where)
        return table

    def part_row(self, part: str) -> Any:
        """The row of a loose part.

        Raises:
            FileNotFoundError: The part is gone.
            DamagedPartError: It is not a part of this cell.
            StoreError: As ``rows``.
        """
        return self._checked(part, self.content(self.path(part)))

    def find(self, cell_id: str, *, is_fresh: bool = True) -> Place | None:
        """Where the newest row of a cell is; None if it has none.

        Args:
            cell_id: The cell.
            is_fresh: Whether to list the folder again, where it is known already.

        Raises:
            StoreError: As ``rows``.
        """
        while True:
            listing = self.listing() if is_fresh or self._listing is None else self._listing
            try:
                packed = self.packed_places(listing).get(cell_id)
            except FileNotFoundError:
                is_fresh = True
                continue
            return _newer(packed, listing.newest_loose.get(cell_id))

    def places(self) -> dict[str, Place]:
        """Where the newest row of every cell is; whether it is damaged is not looked at.

        Raises:
            StoreError: As ``rows``.
        """
        while True:
            listing = self.listing()
            with suppress(FileNotFoundError):
                packed = self.packed_places(listing)
                loose = {cell: _newer(packed.get(cell), part) for cell, part in listing.newest_loose.items()}
                return packed | {cell: place for cell, place in loose.items() if place is not None}

    def packed_places(self, listing: Listing) -> dict[str, Place]:
        """Cell to the place of its newest packed row, whether or not a loose part is newer.

        Raises:
            FileNotFoundError: A pack is gone.
            StoreError: As ``rows``.
        """
        stamps, places = self._packed
        if stamps != listing.packs:
            places = {}
            if tables := self._pack_tables(listing, ("cell_id",)):
                newest = newest_rows(pa.concat_tables(tables))
                found = (newest[name].to_pylist() for name in ("cell_id", "part", "pack"))
                places = {cell: Place(part, pack) for cell, part, pack in zip(*found, strict=True)}
            self._packed = listing.packs, places
        return places

    def num_rows_of_packs(self, listing: Listing) -> dict[str, int]:
        """Pack to the number of its rows, without packs that are damaged.

        Raises:
            FileNotFoundError: A pack is gone.
            StoreError: As ``rows``.
        """
        tables = self._pack_tables(listing, ("cell_id",))
        return {table["pack"][0].as_py(): table.num_rows for table in tables if table.num_rows}

    def _names(self, folder: str) -> dict[str, Stamp]:
        try:
            stamps = self._folder.stamps(folder)
        except OSError as error:
            reason = "expected a folder, got a file" if isinstance(error, NotADirectoryError) else str(error)
            raise StoreError(f"Cannot list the {folder} in {self._folder.title}: {reason}.") from error
        return {
            name.removesuffix(_SUFFIX): stamp
            for name, stamp in stamps.items()
            if name.endswith(_SUFFIX) and not name.startswith(".")
        }

    def _parts(self, listing: Listing, parts: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """Each part and its table; None for a damaged one."""
        with ThreadPoolExecutor(_NUM_READERS, thread_name_prefix="part-reader") as pool:
            for first in range(0, len(parts), _PARTS_AT_ONCE):
                keys = {part: (self.path(part), None) for part in parts[first : first + _PARTS_AT_ONCE]}
                unread = [part for part, key in keys.items() if self._stamp(key) != listing.loose[part]]
                contents = pool.map(self.content, map(self.path, unread))
                for part, content in zip(unread, contents, strict=True):
                    self._known[keys[part]] = listing.loose[part], _or_warning(self._checked, part, content)
                yield from ((part, self._known[key][1]) for part, key in keys.items())

    def _stamp(self, key: tuple[str, Sequence[str] | None]) -> Stamp | None:
        return self._known[key][0] if key in self._known else None

    def _checked(self, part: str, content: bytes) -> Any:
        return part_table(content, self.kind, cell_of(part), self.schema, self.title(self.path(part)))

    def _pack_tables(self, listing: Listing, columns: tuple[str, ...], *, is_kept: bool = True) -> list[Any]:
        """The rows of every pack with their places, without packs that are damaged.

        All columns of many records take much memory; they are not kept for the next time.
        """
        tables = []
        for pack, stamp in listing.packs.items():
            key = self.pack_path(pack), columns
            if self._stamp(key) == stamp:
                table = self._known[key][1]
            else:
                table = _or_warning(self.pack_rows, pack, [*columns, "part"])
                if is_kept:
                    self._known[key] = stamp, table
            if table is not None:
                tables.append(_placed(table, pack))
        return tables

    def _from_pack(self, pack: str, read: Callable[[Any], Any]) -> Any:
        """What ``read`` makes of a pack's ``ParquetFile``, which stays open for the next time."""
        path = self.pack_path(pack)
        try:
            if pack not in self._files:
                self._files[pack] = pq.ParquetFile(self._folder.open(path))
            return read(self._files[pack])
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError):
            self._files.pop(pack, None)
        # A lost connection looks like a damaged file. Only what is damaged in memory too, is damaged.
        content = self.content(path)
        try:
            return read(pq.ParquetFile(pa.BufferReader(content)))
        except (pa.ArrowException, OSError) as error:
            raise damage(error, self.title(path)) from error

    def content(self, path: str) -> bytes:
        """A file of the store.

        Raises:
            FileNotFoundError: It is gone.
            StoreError: It cannot be read.
        """
        try:
            return self._folder.get(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"{self.title(path)}: cannot be read: {error}") from error


def newest_rows(table: Any, names: Sequence[str] = ("part", "pack")) -> Any:
    """Of each cell the row with the greatest names, in the order of the table.

    Args:
        table: With ``cell_id`` and columns of names.
        names: These columns, the first one first.
    """
    if pc.count_distinct(table["cell_id"]).as_py() == table.num_rows:
        return table
    order = pc.sort_indices(table, [(name, "ascending") for name in names])
    last = dict(zip(table["cell_id"].take(order).to_pylist(), order.to_pylist(), strict=True))
    return table.take(pa.array(sorted(last.values()), pa.int64()))


def _newer(packed: Place | None, loose: str | None) -> Place | None:
    return packed if loose is None or (packed and packed.part >= loose) else Place(loose, "")


def _placed(table: Any, pack: str) -> Any:
    return table.append_column("pack", pa.array([pack] * table.num_rows, pa.string()))


def _or_warning(read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except DamagedPartError as error:
        _warn(f"Left out {error}")
        return None


@cache
def _warn(message: str) -> None:
    """Log a warning, once in a process whatever the number of readers."""
    logging.getLogger(__name__).warning("bench: %s", message)
