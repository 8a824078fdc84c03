"""Whether every file of a store says what its place says: reads all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import DamagedPartError
from harness.phrasing import counted
from harness.store.folders import Folder
from harness.store.part_contents import part_table
from harness.store.schema import SCORES_PART, SCORES_SCHEMA
from harness.store.shelf import Listing, Shelf

_COUNTS = ("num_test_normal", "num_test_defect")
_ROW = ("cell_id", "status", *_COUNTS)


@dataclass(frozen=True, kw_only=True)
class StoreCheck:
    """What a check has found."""

    num_records: int
    """Cells with a record that can be read."""
    num_loose: int
    num_packs: int
    faults: tuple[str, ...]
    """One line each, with the file's name: a cell whose record or scores are lost, and will be run again."""
    notes: tuple[str, ...]
    """What lies about and does no harm."""


def check_store(folder: Folder, records: Shelf, costs: Shelf) -> StoreCheck:
    """Read every part and pack, and the image scores of every record.

    Args:
        folder: The store's.
        records: Its records.
        costs: Its costs.

    Raises:
        StoreError: The store cannot be read, or is newer than this program.
    """
    scores = {name.removesuffix(".parquet") for name in folder.stamps("scores") if not name.startswith(".")}
    listing = records.listing()
    faults = [*_faults(folder, records, listing), *_faults(folder, costs, costs.listing())]
    unfinished = sum(
        name.startswith(".") for kind in ("records", "scores", "costs", "claims") for name in folder.stamps(kind)
    )
    orphans = len(scores - set(listing.loose))
    left = ((orphans, "part of image scores", "parts of image scores"), (unfinished, "unfinished file", None))
    notes = [f"{counted(number, one, many)} of writers that were ended" for number, one, many in left if number]
    return StoreCheck(
        num_records=records.rows(()).num_rows,
        num_loose=len(listing.loose),
        num_packs=len(listing.packs),
        faults=tuple(faults),
        notes=tuple(notes),
    )


def _faults(folder: Folder, shelf: Shelf, listing: Listing) -> Iterator[str]:
    has_scores = SCORES_PART in shelf.packed_schema.names
    for part in listing.loose:
        try:
            (row,) = shelf.part_row(part).to_pylist()
            if has_scores and row["status"] == "ok":
                _check_scores(folder.get(f"scores/{part}.parquet"), row, shelf.title(f"scores/{part}.parquet"))
        except FileNotFoundError:
            # Packed or replaced meanwhile; or the scores of a record that is still there are gone.
            if part in shelf.listing().loose:
                yield f"{shelf.title(shelf.path(part))}: its image scores are missing."
        except DamagedPartError as error:
            yield str(error)
    for pack in listing.packs:
        try:
            # All columns, so that every page is read.
            table = shelf.pack_rows(pack, shelf.packed_schema.names)
        except FileNotFoundError:
            continue
        except DamagedPartError as error:
            yield str(error)
            continue
        if not has_scores:
            continue
        for row in table.select([*_ROW, SCORES_PART]).to_pylist():
            where = f"{shelf.title(shelf.pack_path(pack))}, image scores of cell {row['cell_id']}"
            if row["status"] == "ok":
                try:
                    _check_scores(row[SCORES_PART], row, where)
                except DamagedPartError as error:
                    yield str(error)


def _check_scores(content: bytes, row: dict[str, Any], where: str) -> None:
    table = part_table(content, "scores", row["cell_id"], SCORES_SCHEMA, where)
    expected = sum(row[name] for name in _COUNTS)
    if table.num_rows != expected:
        raise DamagedPartError(
            f"{where}: expected {counted(expected, 'score')} of cell {row['cell_id']}, as its record says, got "
            f"{table.num_rows}."
        )
