"""Reading a TOML file, or saying in one line why it cannot be read."""

import tomllib
from pathlib import Path
from typing import Any

from harness.errors import BenchError, SettingsError


def read_toml(path: Path, *, flag: str = "", error: type[BenchError] = SettingsError) -> dict[str, Any]:
    """The content of a TOML file.

    Args:
        path: The file.
        flag: The flag that named it, for the error text.
        error: What is raised.

    Raises:
        BenchError: The file is missing, cannot be read, or is not TOML; of the type ``error``.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.toml"
    >>> _ = path.write_text("seeds = [0, 1]")
    >>> read_toml(path)
    {'seeds': [0, 1]}
    """
    name = f"{flag} {path}".strip()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as cause:
        raise error(f"{name}: this file does not exist.") from cause
    except OSError as cause:
        raise error(f"{name}: cannot be read: {cause.strerror}.") from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise error(f"{name}: not valid TOML: {cause}.") from cause
