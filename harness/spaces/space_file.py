"""From a TOML file to a search space, or to one line that says what is wrong with it."""

import json
import re
from pathlib import Path

from pydantic import ValidationError

from harness.config.toml_file import read_toml
from harness.config.validation import problem_of
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
    values = read_toml(path, flag="--space")
    try:
        # Through JSON, so that a list from TOML becomes a tuple; a date becomes a text, and is refused as one.
        return SearchSpace.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise SettingsError(f"{path}, {_complaint(error)}.") from error


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"].startswith("union_tag"):
        kind = first["input"].get("kind") if isinstance(first["input"], dict) else None
        return f"[{'.'.join(map(str, first['loc']))}], kind: expected one of {', '.join(_KINDS)}, got {kind!r}"
    # A union of kinds or shapes puts the one it tried into the place.
    place = [str(part) for part in first["loc"] if not (part in _KINDS or "[" in str(part))]
    reason = problem_of(error)
    if _IN_A_TABLE.match(reason):
        return reason
    if place[:1] == ["space"] and len(place) >= 2:
        table, key = f"[space.{place[1]}]", ".".join(place[2:])
    elif len(place) >= 2 or place[:1] in (["objective"], ["budget"], ["default"], ["fixed"], ["space"]):
        table, key = f"[{place[0]}]", ".".join(place[1:])
    else:
        table, key = "top level", ".".join(place)
    return f"{table}, {key}: {reason}" if key else f"{table}: {reason}"
