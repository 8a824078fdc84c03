"""The folder of one search: what was asked for, the study, and what is made of it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from harness.atomic_files import write_result
from harness.environment import host_name
from harness.errors import SettingsError, StoreError
from harness.search.ledger import STUDY_FILE

ASKED_FILE = "search.json"
SPLIT_FILE = "split.csv"
"""Manifest of the split to report after the search, where it differs from the split that was asked for."""
_LOCK_FILE, _HOLDER_FILE = "search.lock", "search.holder"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of a search, so that no other process writes its study. The system frees it after a kill.

    Args:
        folder: Created when missing.

    Raises:
        SettingsError: Another process holds the folder.
        StoreError: The folder cannot be written.
    """
    holder = folder / _HOLDER_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK_FILE, timeout=0)
        lock.acquire()
    except Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.is_file() else "another process"
        raise SettingsError(
            f"The search in {folder} is running in {who}; wait for it, or use another --name."
        ) from None
    except OSError as error:
        raise StoreError(f"Cannot write {folder}: {error.strerror or error}.") from error
    try:
        # It only tells others who holds the folder.
        with suppress(OSError):
            holder.write_text(f"process {os.getpid()} on {host_name()}\n", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def check_resumable(folder: Path, *, resume: bool) -> None:
    """Refuse to begin a search where there is one, unless it is to be continued.

    Raises:
        SettingsError: The folder holds a search and ``resume`` is False, or it holds a study alone.
    """
    if (folder / ASKED_FILE).is_file():
        if not resume:
            raise SettingsError(f"{folder} holds a search already; continue it with --resume, or use another --name.")
    elif (folder / STUDY_FILE).exists():
        raise SettingsError(f"{folder} holds a study without {ASKED_FILE}; use another --name.")


def write_asked(folder: Path, asked: Mapping[str, Any]) -> None:
    """Note what a new search was asked for, or check that an earlier one was asked for the same.

    Args:
        folder: Of the search; exists.
        asked: Everything that decides the results of trials, as JSON values. The number of trials, the time
            limit and the number of processes are not part of it: a search can be extended.

    Raises:
        SettingsError: The earlier search was asked for something else.
        StoreError: The folder cannot be written.
    """
    file = folder / ASKED_FILE
    if file.is_file():
        try:
            before = dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise SettingsError(f"{file}: cannot be read as JSON ({error}); use another --name.") from error
        _check_same(before, json.loads(json.dumps(asked)), folder)
        return
    write_result(file, (json.dumps(asked, indent=2, sort_keys=True) + "\n").encode())


def _check_same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            raise SettingsError(
                f"--resume: the search in {folder} was started with {key} {_shown(before.get(key))}, got "
                f"{_shown(now.get(key))}; use the same, or another --name."
            )


def _shown(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:77]}..."
