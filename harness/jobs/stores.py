"""The care of result stores: check, compact, export, merge."""

from collections.abc import Sequence
from pathlib import Path

from harness.environment import without_credentials
from harness.errors import SettingsError, StoreError
from harness.store import RecordStore
from harness.store.checking import StoreCheck
from harness.store.merging import Merged, merge


def check_results(results: str) -> StoreCheck:
    """Read every file of a store, and say which cannot be read.

    Raises:
        StoreError: There is nothing there, or it cannot be listed.
    """
    return _opened(results).check()


def compact_results(results: str) -> int:
    """Gather the small files of a store into large ones; safe beside runs that write and commands that read.

    Returns:
        Number of small files that were gathered.

    Raises:
        StoreError: There is nothing there, or it cannot be read or written; nothing is lost.
    """
    return _opened(results).compact()


def export_results(results: str, path: Path) -> Path:
    """Write all records of a store to one Parquet or CSV file.

    Raises:
        BenchError: There is nothing there, or the file cannot be written.
    """
    return _opened(results).export(path)


def merge_results(sources: Sequence[str], results: str) -> Merged:
    """Copy the records of other stores into one.

    Raises:
        BenchError: A source has nothing or is the target, or a store cannot be read or written.
    """
    target = RecordStore(results)
    stores = [_opened(source) for source in sources]
    if target.url in (store.url for store in stores):
        raise SettingsError(f"Expected other results than {without_credentials(target.url)} to merge into it.")
    target.check_writable()
    return merge(target, stores)


def _opened(results: str) -> RecordStore:
    store = RecordStore(results)
    if not store.parts():
        raise StoreError(
            f"{without_credentials(store.url)} holds no records. Name a folder that 'bench run' has written to."
        )
    return store
