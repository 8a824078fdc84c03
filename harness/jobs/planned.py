"""A plan with what is needed to carry it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.plan import Cell, RunPlan

Variant = tuple[str, Mapping[str, Any]]
"""A method and its settings that differ from the defaults."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with what is needed to carry it out."""

    plan: RunPlan
    datasets: dict[str, str]
    """Data set to what ``find`` opens it by: its name, a description, or ``module:Class``."""
    settings_of: dict[tuple[str, str], Any]
    """Method and settings, as a cell has them, to the resolved settings."""
    weights: dict[str, Path]
    """Backbone to a local file."""
    split: str
    """What records keep of the split's name."""
    stored: Mapping[str, str] = field(default_factory=dict)
    """Cell to the part of its record when the plan was made, for cells that run and had a record; see
    ``RecordStore.parts``."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that was asked for, whether it runs or not."""
        return (*self.plan.cells, *(skipped.cell for skipped in self.plan.skipped))
