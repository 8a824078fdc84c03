"""What one look at a trial reports, and what a trial that has ended leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TrialState = Literal["complete", "pruned", "failed"]
INTERRUPTED = "the search was interrupted"
"""Error of a trial that was running when its search ended."""


@dataclass(frozen=True, kw_only=True)
class TrialReport:
    """Result of one look at a trial: at a rung of the fidelity, or at the whole."""

    step: int
    """Percent of the fidelity, 100 for the whole."""
    values: tuple[float, ...] | None
    """The objectives; None where the trial failed."""
    metrics: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    """``dataset/category`` to metric to value; costs are among them."""
    is_final: bool
    error: str | None = None
    """Why the trial failed, in one line."""
    seconds: float = 0.0
    """Time of the trial so far."""
    feature_seconds: float = 0.0
    """Part of it in the backbone; about 0 when the cache held the features."""
    host: str = ""


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial that has ended."""

    number: int
    """As in the study, from 0."""
    state: TrialState
    settings: Mapping[str, Any]
    """What the trial chose; the settings that all trials share are in ``search.json``."""
    values: tuple[float, ...] | None
    """The objectives, means over categories; for a pruned trial those of its last look."""
    metrics: Mapping[str, Mapping[str, float | None]]
    """``dataset/category`` to metric to value, of the last look."""
    selection: str
    """Images on which the metrics were computed; metrics of different selections are not comparable."""
    error: str | None
    """Why it failed; None for another state."""
    seconds: float


def as_lists(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with lists for tuples, as files and records have them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
