"""Reads a search space from a TOML file and reports mistakes as one line."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import SettingsError
from harness.spaces.space import SearchSpace

_IN_A_TABLE = re.compile(r"\[[\w.]+\]")
_KINDS = ("float", "int", "categorical", "subset")
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "string": "text in quotes",
    "bool": "true or false",
    "tuple": "a list such as [2, 3]",
    "dict": "a table",
    "model": "a table",
}
"""Kind of value, as pydantic's error types begin, to what a user writes."""


def load_space(path: Path) -> SearchSpace:
    """Read and check a search space.

    Args:
        path: A TOML file; see ``search_spaces/README.md`` for its tables.

    Raises:
        SettingsError: The file is missing or not TOML, or a key is wrong; names file, table, key and reason.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"--space {path}: this file does not exist.") from error
    except OSError as error:
        raise SettingsError(f"--space {path}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}.") from error
    try:
        # Through JSON, so that a list from TOML becomes a tuple; a date becomes text and is refused.
        return SearchSpace.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise SettingsError(f"{path}, {_complaint(error)}.") from error


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"].startswith("union_tag"):
        kind = first["input"].get("kind") if isinstance(first["input"], dict) else None
        return f"[{'.'.join(map(str, first['loc']))}], kind: expected one of {', '.join(_KINDS)}, got {kind!r}"
    # A union of kinds or shapes adds the one that it tried to the place.
    place = [str(part) for part in first["loc"] if not (part in _KINDS or "[" in str(part))]
    reason = _reason(first)
    if _IN_A_TABLE.match(reason):
        return reason
    if place[:1] == ["space"] and len(place) >= 2:
        table, key = f"[space.{place[1]}]", ".".join(place[2:])
    elif len(place) >= 2 or place[:1] in (["objective"], ["budget"], ["default"], ["fixed"], ["space"]):
        table, key = f"[{place[0]}]", ".".join(place[1:])
    else:
        table, key = "top level", ".".join(place)
    return f"{table}{f', {key}' if key else ''}: {reason}"


def _reason(error: Any) -> str:
    kind = str(error["type"])
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "missing":
        return "this key is required"
    if kind == "extra_forbidden":
        return "no such key; see search_spaces/README.md for the keys of this table"
    if kind == "literal_error":
        return f"expected {error['ctx']['expected']}, got {error['input']!r}"
    expected = _EXPECTED.get(kind.split("_")[0]) if kind.endswith(("_type", "_parsing")) else None
    if expected is not None:
        return f"expected {expected}, got {error['input']!r}"
    message = str(error["msg"])
    return f"{message[0].lower()}{message[1:]}, got {error['input']!r}"
