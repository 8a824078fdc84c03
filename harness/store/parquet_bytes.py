"""Tables to Parquet and back; what cannot be read is told with the file's name."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import DamagedPartError

_ROWS_OF_A_GROUP = 256
_BYTES_OF_A_GROUP = 8 * 2**20


def encoded(table: Any) -> bytes:
    """A table of one cell. Dictionaries, statistics and compression would cost more bytes than they save."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="none", use_dictionary=False, write_statistics=False)
    return bytes(sink.getvalue())


def encoded_many(table: Any) -> bytes:
    """A table of many cells, of which one cell or one column can be read without the rest.

    Row groups are small enough that one cell of them costs little memory, and their statistics say which has it.
    """
    sink = pa.BufferOutputStream()
    rows = max(1, min(_ROWS_OF_A_GROUP, _BYTES_OF_A_GROUP * max(1, table.num_rows) // max(1, table.nbytes)))
    pq.write_table(table, sink, compression="zstd", row_group_size=rows)
    return bytes(sink.getvalue())


def damage(error: Exception, where: str) -> DamagedPartError:
    """What a user is told of a file that Parquet cannot read."""
    reason = str(error).splitlines()[0]
    return DamagedPartError(f"{where}: not a readable Parquet file ({reason}). Run its cell again to replace it.")


def rows_of_cell(file: Any, cell_id: str, columns: Sequence[str] | None) -> Any:
    """The rows of one cell; reads only the row groups that may have it, by their statistics.

    Args:
        file: A ``pyarrow.parquet.ParquetFile`` of many cells.
        cell_id: The cell.
        columns: Those to read, ``cell_id`` among them; None for all.
    """
    groups = [number for number in range(file.num_row_groups) if _may_have(file.metadata.row_group(number), cell_id)]
    table = file.read_row_groups(groups, columns=columns, use_threads=False)
    return table.filter(pc.equal(table["cell_id"], cell_id))


def _may_have(group: Any, cell_id: str) -> bool:
    columns = (group.column(number) for number in range(group.num_columns))
    found = next(column.statistics for column in columns if column.path_in_schema == "cell_id")
    return found is None or not found.has_min_max or bool(found.min <= cell_id <= found.max)


def conformed(table: Any, schema: Any, where: str) -> Any:
    """A table with the columns and types of ``schema`` and no others.

    Raises:
        DamagedPartError: A column is missing or has another type.
    """
    if table.schema.equals(schema):
        return table
    missing = sorted(set(schema.names) - set(table.column_names))
    if missing:
        raise DamagedPartError(f"{where}: not a part of a result store: it has no column {missing[0]!r}.")
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DamagedPartError(f"{where}: a column has the wrong type: {reason}") from error
