"""Reading a TOML file, or saying in one line why it cannot be read."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import BenchError, SettingsError
from harness.limited_reading import read_limited

_MAX_BYTES = 1_000_000
_MAX_DEPTH = 20
"""Of tables and lists in each other; what follows recurses into them."""
# tomllib takes the square of a dotted key's length: half a megabyte of "a.a.a." would take hours.
_DEEP_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{_MAX_DEPTH + 1}}}""")


def read_toml(path: Path, *, flag: str = "", error: type[BenchError] = SettingsError) -> dict[str, Any]:
    """The content of a TOML file.

    Args:
        path: The file.
        flag: The flag that named it, for the error text.
        error: What is raised.

    Raises:
        BenchError: The file is missing, cannot be read, is larger than 1 MB, is not TOML, or nests tables and lists
            deeper than any setting does; of the type ``error``.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.toml"
    >>> _ = path.write_text("seeds = [0, 1]")
    >>> read_toml(path)
    {'seeds': [0, 1]}
    """
    name = f"{flag} {path}".strip()
    try:
        text = read_limited(path, _MAX_BYTES).decode("utf-8")
        if _DEEP_KEY.search(text):
            raise _too_deep(name, error)
        values = tomllib.loads(text)
    except FileNotFoundError as cause:
        raise error(f"{name}: this file does not exist.") from cause
    except OSError as cause:
        raise error(f"{name}: cannot be read: {cause.strerror}.") from cause
    # A ValueError is also what a whole number of thousands of digits gives.
    except ValueError as cause:
        raise error(f"{name}: not valid TOML: {cause}.") from cause
    except RecursionError as cause:
        raise _too_deep(name, error) from cause
    if _is_deeper(values, _MAX_DEPTH):
        raise _too_deep(name, error)
    return values


def _is_deeper(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return depth < 0 or any(_is_deeper(each, depth - 1) for each in inner)


def _too_deep(name: str, error: type[BenchError]) -> BenchError:
    return error(f"{name}: expected at most {_MAX_DEPTH} tables and lists in each other, got more.")
