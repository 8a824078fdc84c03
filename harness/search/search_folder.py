"""The folder of one search: what was asked for, the study, the records, and what is made of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import SettingsError, StoreError
from harness.search.ledger import STUDY_FILE

ASKED_FILE = "search.json"
SPLIT_FILE = "split.csv"
"""Manifest of what may be reported after the search, where that is not simply the split that was asked for."""


def open_folder(folder: Path, asked: Mapping[str, Any], *, resume: bool) -> None:
    """Make the folder of a new search, or see that an earlier one asked for the same.

    Args:
        folder: Made when missing.
        asked: Everything that decides what trials give, as JSON values. How many trials, how long and on
            how many processes is not among it: a search may be made longer.
        resume: Whether an earlier search goes on.

    Raises:
        SettingsError: There is an earlier search and it is not to go on, or it asked for something else.
        StoreError: The folder cannot be written.
    """
    file = folder / ASKED_FILE
    if file.is_file():
        if not resume:
            raise SettingsError(
                f"{folder} holds a search already; right would be --resume to go on with it, or another --name."
            )
        _check_same(json.loads(file.read_text(encoding="utf-8")), json.loads(json.dumps(asked)), folder)
        return
    if (folder / STUDY_FILE).exists():
        raise SettingsError(f"{folder} holds a study without {ASKED_FILE}; right would be another --name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asked, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"Cannot write {file}: {error.strerror}.") from error


def _check_same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            raise SettingsError(
                f"--resume: the search in {folder} was started with another {key} ({_shown(before.get(key))}, now "
                f"{_shown(now.get(key))}); right would be the same, or another --name."
            )


def _shown(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:77]}..."
