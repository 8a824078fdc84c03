"""Spaces and works for tests of searches: trials that take no time and train nothing."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.search.ledger import Ledger
from harness.search.trials import TrialRecord, TrialReport
from harness.spaces import SearchSpace
from tests.support import miniatures

DEFAULT = {"x": 0.5, "y": 3}
SPACE_TEXT = """\
method = "mfrnet"
[objective]
metrics = ["image_auroc"]
[space.k]
kind = "int"
low = 2
high = 4
why = "hides more"
"""
"""The smallest file of a space that is taken."""


def line_space(**others: Any) -> SearchSpace:
    """A number and a whole number; what is best is x = .3, whatever y is."""
    values = {
        "method": "mock",
        "objective": {"metrics": ["image_auroc"]},
        "space": {
            "x": {"kind": "float", "low": 0, "high": 1, "why": "a test"},
            "y": {"kind": "int", "low": 0, "high": 9, "why": "a test"},
        },
    }
    return SearchSpace.model_validate_json(json.dumps(values | others))


def ledger_in(folder: Path, num_trials: int, space: SearchSpace | None = None, **others: Any) -> Ledger:
    options = {"name": "test", "seed": 0} | others
    return Ledger(folder, space or line_space(), DEFAULT, num_trials=num_trials, **options)


def searchable(root: Path, categories: tuple[str, ...] = ("bottle",)) -> Path:
    """The miniature of MVTec AD with twelve training images a category: some to fit, some to hold out."""
    folder = miniatures.mvtec_ad(root, categories)
    for category in categories:
        for number in range(6, 12):
            miniatures.write_image(folder / category / f"train/good/{number:03d}.png", number)
    return folder


def whole(value: float) -> TrialReport:
    return TrialReport(step=100, values=(value,), metrics={"mock/a": {"image_auroc": value}}, is_final=True)


def parabola(settings: Mapping[str, Any]) -> Iterator[TrialReport]:
    """One look, largest at x = .3."""
    yield whole(1 - (settings["x"] - 0.3) ** 2)


def nan_where_y_is_odd(settings: Mapping[str, Any]) -> Iterator[TrialReport]:
    """No number for every odd y."""
    yield whole(math.nan if settings["y"] % 2 else 0.5)


def record(number: int, *values: float, state: Any = "complete", **changes: Any) -> TrialRecord:
    fields: dict[str, Any] = {
        "number": number,
        "state": state,
        "settings": {"x": number / 10, "y": number},
        "values": values or None,
        "metrics": {"mock/a": {"image_auroc": values[0] if values else None}},
        "selection": "synthetic",
        "error": "it broke" if state == "failed" else None,
        "seconds": 1.5,
    }
    return TrialRecord(**(fields | changes))
