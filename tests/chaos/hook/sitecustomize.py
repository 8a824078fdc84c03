"""Lets some writes of a process fail; on the path of the processes of a command whose ``CHAOS_WRITES`` is set.

``CHAOS_WRITES`` is ``NOTES:FOLDER:ERRNO:FIRST:NUMBER``: of the calls of ``os.fsync`` and ``os.replace`` on files below
FOLDER, so many fail in each process, from the FIRST one on. Before ``os.fsync`` fails, the file loses its last bytes,
as when a disk is full. Each failure is an empty file in NOTES.
"""

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _make_fail(notes: Path, folder: str, code: int, first: int, number: int) -> None:
    num_calls = 0

    def failing(call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            nonlocal num_calls
            path = str(Path(f"/proc/self/fd/{arguments[0]}").readlink()) if name == "fsync" else str(arguments[1])
            if path.startswith(folder):
                num_calls += 1
                if first <= num_calls < first + number:
                    (notes / f"write-{secrets.token_hex(4)}").touch()
                    if name == "fsync":
                        os.ftruncate(arguments[0], max(0, os.fstat(arguments[0]).st_size - 7))
                    raise OSError(code, os.strerror(code), path)
            return call(*arguments, **options)

        return instead

    for name in ("fsync", "replace"):
        setattr(os, name, failing(getattr(os, name), name))


if asked := os.environ.get("CHAOS_WRITES"):
    notes, folder, code, first, number = asked.split(":")
    _make_fail(Path(notes), folder, getattr(errno, code), int(first), int(number))
