"""From a TOML file to a search space, or to one line that says what is wrong with it."""

import json
import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from harness.errors import SettingsError
from harness.spaces.space import SearchSpace

_IN_A_TABLE = re.compile(r"\[[\w.]+\]")
_KINDS = ("float", "int", "categorical", "subset")


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
        raise SettingsError(f"--space {path}: there is no such file.") from error
    except OSError as error:
        raise SettingsError(f"--space {path}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}.") from error
    try:
        # Through JSON, so that a list from TOML becomes a tuple; a date becomes a text, and is refused as one.
        return SearchSpace.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise SettingsError(f"{path}, {_complaint(error)}.") from error


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"].startswith("union_tag"):
        kind = first["input"].get("kind") if isinstance(first["input"], dict) else None
        return f"[{'.'.join(map(str, first['loc']))}], kind = {kind!r}: right would be {', '.join(_KINDS)}"
    # A union of kinds or shapes puts the one it tried into the place.
    place = [str(part) for part in first["loc"] if not (part in _KINDS or "[" in str(part))]
    cause = first.get("ctx", {}).get("error")
    reason = str(cause) if isinstance(cause, ValueError) else first["msg"][0].lower() + first["msg"][1:]
    if isinstance(cause, ValueError) and _IN_A_TABLE.match(reason):
        return reason
    came = "" if first["type"] in ("missing", "value_error") else f" = {first['input']!r}"
    if place[:1] == ["space"] and len(place) >= 2:
        table, key = f"[space.{place[1]}]", ".".join(place[2:])
    elif len(place) >= 2 or place[:1] in (["objective"], ["budget"], ["default"], ["fixed"], ["space"]):
        table, key = f"[{place[0]}]", ".".join(place[1:])
    else:
        table, key = "top level", ".".join(place)
    return f"{table}{f', {key}' if key else ''}{came}: {reason}" if key else f"{table}{came}: {reason}"
