"""Tables to Parquet and back; what cannot be read is told with the file's name."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import DamagedPartError

_ROWS_OF_A_GROUP = 1024
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


def decoded(source: Any, where: str, columns: Sequence[str] | None = None, filters: Any = None) -> Any:
    """Read a table.

    Args:
        source: A ``pyarrow.NativeFile``.
        where: The file's path, for errors.
        columns: Those to read, as far as the file has them; None for all.
        filters: Rows to read, as ``pyarrow.parquet.read_table`` has it; None for all.

    Raises:
        FileNotFoundError: The file was deleted after it was opened.
        DamagedPartError: It is no Parquet file, or a truncated one.
        StoreError: It cannot be read.
    """
    try:
        if filters is not None:
            return pq.read_table(source, columns=columns, filters=filters, use_threads=False)
        return pq.ParquetFile(source).read(columns=columns, use_threads=False)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DamagedPartError(
            f"{where}: not a readable Parquet file ({reason}). Run its cell again to replace it."
        ) from error


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
