"""The winner's settings as a file that ``bench run --config`` takes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import StoreError


def write_settings(path: Path, values: Mapping[str, Any], remarks: tuple[str, ...]) -> None:
    """Write run settings as TOML.

    Args:
        path: Replaced when it is there.
        values: Fields of ``RunSettings``; a mapping becomes a table, one in a mapping a table below it.
        remarks: Lines for the head of the file.

    Raises:
        StoreError: The file cannot be written.
    """
    lines = [f"# {remark}" for remark in remarks] + _lines(values, "")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"Cannot write {path}: {error.strerror}.") from error


def _lines(values: Mapping[str, Any], table: str) -> list[str]:
    # Strings, numbers, booleans and lists of them are the same text in JSON and in TOML.
    plain = [f"{_key(name)} = {json.dumps(v, ensure_ascii=False)}" for name, v in values.items() if not _is_table(v)]
    if plain and table:
        plain = ["", f"[{table}]", *plain]
    for name, value in values.items():
        if _is_table(value):
            plain += _lines(value, f"{table}.{_key(name)}" if table else _key(name))
    return plain


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)
