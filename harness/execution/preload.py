"""Importing this module makes a process fit to fork workers from: its output goes to a file, its imports are done.

`harness.execution.forked` starts that process. It cannot be handed a function, only the name of this
module and an environment.
"""

import gc
import importlib
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from harness.execution.forked import LOG, NAMES

_MOST_LOG_BYTES = 2**20


def _write_to(path: Path) -> None:
    """Everything that this process and its children print, the terminal being the driver's."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_long = path.is_file() and path.stat().st_size > _MOST_LOG_BYTES
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if is_long else 0))
    except OSError:  # a cache that cannot be written is no reason not to run
        file = os.open(os.devnull, os.O_WRONLY)
    os.write(file, f"{datetime.now():%Y-%m-%d %H:%M:%S} process {os.getpid()}\n".encode())
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _load(name: str) -> None:
    from harness.methods import METHODS

    if name in METHODS.names():
        METHODS.get(name).Settings  # noqa: B018 - some methods import their model on this
    else:
        importlib.import_module(name)


SET_BY_IMPORTS: dict[str, str] = {}
"""Environment variables that libraries set for their own later reading."""
if NAMES in os.environ:
    _before = dict(os.environ)
    _write_to(Path(os.environ[LOG]))
    for _name in os.environ[NAMES].split():
        # Whoever needs it will meet the error, and can say what it was for.
        with suppress(Exception):
            _load(_name)
    # A collection in a worker would write to every object that was imported, and so copy the memory that is shared.
    gc.collect()
    gc.freeze()
    SET_BY_IMPORTS.update((name, value) for name, value in os.environ.items() if _before.get(name) != value)
