"""Importing this module imports what ``BENCH_PRELOAD`` names: modules, and methods with their settings.

The process that workers are forked from does so when it starts. It cannot be handed a function, only
modules to import, and an environment.
"""

import gc
import importlib
import os
from contextlib import suppress

VARIABLE = "BENCH_PRELOAD"


def _load(name: str) -> None:
    from harness.methods import METHODS

    if name in METHODS.names() or ":" in name:
        METHODS.get(name).Settings  # noqa: B018 - some methods import their model on this
    else:
        importlib.import_module(name)


for _name in os.environ.get(VARIABLE, "").split():
    # Whoever needs it will meet the error, and can say what it was for.
    with suppress(Exception):
        _load(_name)

# A collection in a worker would write to every object that was imported, and so copy the memory that is shared.
gc.collect()
gc.freeze()
