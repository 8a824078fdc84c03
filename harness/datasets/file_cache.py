"""A cache of values computed from files, valid until the file changes."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from harness.environment import cache_dir, num_cores
from harness.errors import DataError

_THREADS = max(4, num_cores())
_SETTLED_NANOSECONDS = 2_000_000_000
_SAVE_SECONDS = 1.0
_PATHS_A_QUERY = 500
_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    fact TEXT, path TEXT, size INTEGER, mtime_ns INTEGER, value TEXT, PRIMARY KEY (fact, path)
)
"""

Progress = Callable[[int, int], None]
"""Called with the number of files done and the number of all files."""

_Stamp = tuple[int, int]


def file_facts(fact: str, paths: Sequence[Path], compute: Callable[[Path], str]) -> list[str]:
    """A value for each file, computed in threads unless it is cached.

    A cached value is valid while path, size and modification time stay the same. Several processes can share the
    cache; if it cannot be used, values are computed each time. Values are saved every second, so an interrupted call
    loses at most one second of work.

    Args:
        fact: Name of the value, e.g. ``"sha256"``.
        paths: Files, absolute or relative to the working directory.
        compute: From a file to its value; called from several threads.

    Raises:
        DataError: A file does not exist, may not be read, or has a name that is not UTF-8.
        OSError: Reading fails for another reason.
    """
    return several_facts((fact,), paths, lambda path: (compute(path),))


def several_facts(
    facts: Sequence[str],
    paths: Sequence[Path],
    compute: Callable[[Path], Sequence[str]],
    on_progress: Progress | None = None,
) -> list[str]:
    """As `file_facts`, for several values of a file at once; returns the first and caches all of them.

    Args:
        facts: Names of the values. A file is read unless its first value is cached.
        paths: As for `file_facts`.
        compute: From a file to one value for each name; called from several threads. Empty values are not cached.
        on_progress: Called from the calling thread, first with the number of cached files.

    Raises:
        DataError: A file does not exist, may not be read, or has a name that is not UTF-8.
        OSError: Reading fails for another reason.
    """

    def guarded(path: Path) -> Sequence[str]:
        try:
            return compute(path)
        # Any other error is trouble of this process or node, and what it does can be tried again.
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
            raise _unreadable(path, error) from error

    names = [_name(path) for path in paths]
    stamps = [_stamp(path) for path in paths]
    with _database() as database:
        cached = _load(database, facts[0], names)
        values = [cached.get((name, stamp)) for name, stamp in zip(names, stamps, strict=True)]
        missing = [index for index, value in enumerate(values) if value is None]
        if on_progress is not None:
            on_progress(len(paths) - len(missing), len(paths))
        rows: list[tuple[object, ...]] = []
        saved_at = time.monotonic()
        executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="file-facts")
        try:
            computed = executor.map(guarded, [paths[index] for index in missing])
            for done, (index, found) in enumerate(zip(missing, computed, strict=True), len(paths) - len(missing) + 1):
                values[index] = found[0]
                # A file may be written twice within one tick of the file system's clock.
                if stamps[index][1] < time.time_ns() - _SETTLED_NANOSECONDS:
                    rows += [
                        (fact, names[index], *stamps[index], value)
                        for fact, value in zip(facts, found, strict=True)
                        if value
                    ]
                if time.monotonic() - saved_at > _SAVE_SECONDS:
                    _save(database, rows)
                    rows.clear()
                    saved_at = time.monotonic()
                if on_progress is not None:
                    on_progress(done, len(paths))
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
            _save(database, rows)
    return [value for value in values if value is not None]


def _name(path: Path) -> str:
    name = str(path.absolute())
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{name!a}: expected a name in UTF-8; rename the file or its folder.") from error
    return name


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path}: cannot be read ({error.strerror}).")


@contextmanager
def _database() -> Iterator[sqlite3.Connection | None]:
    try:
        folder = cache_dir()
        folder.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(folder / "files.sqlite", timeout=30.0, isolation_level=None)
    except (OSError, sqlite3.Error):
        yield None
        return
    with closing(database):
        try:
            database.execute(_TABLE)
        except sqlite3.Error:
            yield None
        else:
            yield database


def _load(database: sqlite3.Connection | None, fact: str, names: Sequence[str]) -> dict[tuple[str, _Stamp], str]:
    found: dict[tuple[str, _Stamp], str] = {}
    if database is None:
        return found
    try:
        for start in range(0, len(names), _PATHS_A_QUERY):
            some = names[start : start + _PATHS_A_QUERY]
            marks = ",".join("?" * len(some))
            query = f"SELECT path, size, mtime_ns, value FROM facts WHERE fact = ? AND path IN ({marks})"
            for path, size, mtime_ns, value in database.execute(query, (fact, *some)):
                found[path, (size, mtime_ns)] = value
    except sqlite3.Error:
        return {}
    return found


def _save(database: sqlite3.Connection | None, rows: Sequence[tuple[object, ...]]) -> None:
    if database is None or not rows:
        return
    try:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?)", rows)
        database.execute("COMMIT")
    except sqlite3.Error:
        return
