"""Settings of a trial as a file that ``bench run --config`` reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from harness.errors import StoreError


def write_settings(path: Path, values: Mapping[str, Any], remarks: tuple[str, ...]) -> None:
    """Write run settings as TOML.

    Args:
        path: Replaced when it exists.
        values: Fields of ``RunSettings``.
        remarks: Comment lines for the head of the file.

    Raises:
        StoreError: The file cannot be written.
    """
    head = "".join(f"# {remark}\n" for remark in remarks)
    try:
        path.write_text(head + tomli_w.dumps(values), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"Cannot write {path}: {error.strerror}.") from error
