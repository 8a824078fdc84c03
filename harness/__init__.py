"""The Python API: what ``bench`` does, from a notebook. Importing it loads neither torch nor Ray.

Each function is loaded when it is first used: ``help(harness.run)`` shows its arguments and an example.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.bundles.detector import load
    from harness.config import RecordFilter, RunSettings
    from harness.jobs.ablate import ablate
    from harness.jobs.export import export
    from harness.jobs.fit import fit
    from harness.jobs.leaderboard import leaderboard
    from harness.jobs.planning import plan
    from harness.jobs.predict import predict
    from harness.jobs.report import report
    from harness.jobs.report_predictions import report_predictions
    from harness.jobs.run import run
    from harness.jobs.search import search
    from harness.jobs.submit import submit
    from harness.jobs.tables import tables
    from harness.jobs.threshold import threshold

_HOMES = {
    "RecordFilter": "harness.config",
    "RunSettings": "harness.config",
    "ablate": "harness.jobs.ablate",
    "export": "harness.jobs.export",
    "fit": "harness.jobs.fit",
    "leaderboard": "harness.jobs.leaderboard",
    "load": "harness.bundles.detector",
    "plan": "harness.jobs.planning",
    "predict": "harness.jobs.predict",
    "report": "harness.jobs.report",
    "report_predictions": "harness.jobs.report_predictions",
    "run": "harness.jobs.run",
    "search": "harness.jobs.search",
    "submit": "harness.jobs.submit",
    "tables": "harness.jobs.tables",
    "threshold": "harness.jobs.threshold",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


class _Api(ModuleType):
    """Keeps the functions where packages of the same name are: ``harness.search`` is both."""

    def __setattr__(self, name: str, value: Any) -> None:
        # The import of a package sets it as an attribute of its parent; ``from harness.search import ...``
        # does not need that attribute.
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Api


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "RecordFilter",
    "RunSettings",
    "ablate",
    "export",
    "fit",
    "leaderboard",
    "load",
    "plan",
    "predict",
    "report",
    "report_predictions",
    "run",
    "search",
    "submit",
    "tables",
    "threshold",
]
