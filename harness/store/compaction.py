"""Loose parts gathered into packs: one Parquet file of many rows, of which a column or a cell can be read alone.

A pack is put as a whole before anything that is in it is deleted, and only what a listing shows to be in a pack
already is deleted. So a compaction may be cut off at any point, and several may run at once beside writers and readers:
rows are in two places for a while, and the next compaction clears what is left.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from harness.store.folders import Folder
from harness.store.parquet_bytes import encoded_many
from harness.store.part_names import cell_of
from harness.store.schema import SCORES_PART
from harness.store.shelf import Listing, Shelf, newest_rows

MANY_PARTS = 256
"""Loose parts that a run gathers into a pack: a frame takes a millisecond or two longer for each."""

_MAX_PARTS, _MAX_BYTES = 2048, 64 * 2**20
"""Of the loose parts that one pack takes up, which are all in memory at once."""
FULL_ROWS, _FULL_BYTES = 8192, 32 * 2**20
"""A pack does not grow beyond these."""
_NUM_THREADS = 8


class Compaction:
    """Gathers what is loose on one shelf."""

    def __init__(self, folder: Folder, shelf: Shelf, scores_folder: str | None = None) -> None:
        """Args:
        folder: The store's.
        shelf: Whose parts are gathered.
        scores_folder: Folder with a part of image scores for each part that is ``ok``; None where there are none.
        """
        self._folder, self._shelf, self._scores_folder = folder, shelf, scores_folder

    def step(self) -> int:
        """Put one pack, and delete what it makes superfluous.

        Each pack takes up the smaller ones, so that their number grows with the logarithm of the number of cells
        until they are full, and a row is written again as often.

        Returns:
            Number of rows that were loose and are packed; 0 when there is nothing more to gather.

        Raises:
            FileNotFoundError: Another compaction was faster.
            StoreError: A file cannot be read.
            OSError: A file cannot be written or deleted.
        """
        self.tidy()
        listing = self._shelf.listing()
        loose = self._next_rows(listing)
        if not loose.num_rows:
            return 0
        pack = listing.new_pack()
        rows = self._with_small_packs(listing, loose)
        self._folder.put(self._shelf.pack_path(pack), encoded_many(rows.sort_by("cell_id")))
        self.tidy()
        return int(loose.num_rows)

    def tidy(self) -> None:
        """Delete loose parts that a pack has or has a newer row of, and packs of which no row counts.

        Raises:
            FileNotFoundError: Another compaction was faster.
            StoreError: A file cannot be read.
            OSError: A file cannot be deleted.
        """
        listing = self._shelf.listing()
        places = self._shelf.packed_places(listing)

        def is_packed(part: str) -> bool:
            place = places.get(cell_of(part))
            return place is not None and place.part >= part

        # Records before scores: a record that is there has its scores.
        self._delete(self._shelf.path(part) for part in listing.loose if is_packed(part))
        if self._scores_folder is not None:
            parts = (name.removesuffix(".parquet") for name in self._folder.stamps(self._scores_folder))
            self._delete(f"{self._scores_folder}/{part}.parquet" for part in parts if is_packed(part))
        # A damaged pack has no rows that could count, and stays.
        counting = {place.pack for place in places.values()}
        readable = self._shelf.num_rows_of_packs(listing)
        self._delete(self._shelf.pack_path(pack) for pack in readable if pack not in counting)

    def _next_rows(self, listing: Listing) -> Any:
        """Rows of the packed schema from the first loose parts that can be packed, as many as memory allows."""
        for parts in self._batches(listing):
            rows = self._packable(listing, parts)
            if rows.num_rows:
                break
        else:
            rows = self._shelf.packed_schema.empty_table()
        return rows

    def _batches(self, listing: Listing) -> Iterator[list[str]]:
        sizes = self._folder.stamps(self._scores_folder) if self._scores_folder is not None else {}
        parts: list[str] = []
        num_bytes = 0
        for part, stamp in listing.loose.items():
            scores = sizes.get(f"{part}.parquet")
            num_bytes += stamp.size_bytes + (scores.size_bytes if scores else 0)
            parts.append(part)
            if len(parts) == _MAX_PARTS or num_bytes >= _MAX_BYTES:
                yield parts
                parts, num_bytes = [], 0
        if parts:
            yield parts

    def _packable(self, listing: Listing, parts: list[str]) -> Any:
        rows = self._shelf.loose_rows(listing, parts).drop_columns(["pack"])
        if self._scores_folder is None:
            return rows
        with ThreadPoolExecutor(_NUM_THREADS, thread_name_prefix="part-reader") as pool:
            contents = list(pool.map(self._scores, rows["part"].to_pylist()))
        rows = rows.append_column(SCORES_PART, pa.array(contents, pa.binary()))
        # A finished cell without scores stays as it is: they may be in a pack that another compaction has just put.
        complete = [
            status != "ok" or content is not None
            for status, content in zip(rows["status"].to_pylist(), contents, strict=True)
        ]
        return rows.filter(pa.array(complete, pa.bool_()))

    def _with_small_packs(self, listing: Listing, loose: Any) -> Any:
        tables, num_rows, num_bytes = [loose], loose.num_rows, 0
        for pack, size in sorted(self._shelf.num_rows_of_packs(listing).items(), key=lambda item: item[1]):
            num_bytes += listing.packs[pack].size_bytes
            if size > num_rows or num_rows + size > FULL_ROWS or num_bytes > _FULL_BYTES:
                break
            tables.append(self._shelf.pack_rows(pack, self._shelf.packed_schema.names))
            num_rows += size
        return newest_rows(pa.concat_tables([table.select(loose.column_names) for table in tables]), ["part"])

    def _scores(self, part: str) -> bytes | None:
        try:
            return self._folder.get(f"{self._scores_folder}/{part}.parquet")
        except FileNotFoundError:
            return None

    def _delete(self, names: Iterable[str]) -> None:
        with ThreadPoolExecutor(_NUM_THREADS, thread_name_prefix="part-remover") as pool:
            for _ in pool.map(self._folder.delete, list(names)):
                pass
