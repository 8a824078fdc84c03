"""What a trial leaves behind, and the file that keeps it: one JSON line a trial."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.errors import StoreError

TrialState = Literal["complete", "pruned", "failed"]
INTERRUPTED = "the search was interrupted"
"""Why a trial failed that ran while its search ended."""


@dataclass(frozen=True, kw_only=True)
class TrialReport:
    """What the work of a trial says after one look at it: a rung of the fidelity, or the whole."""

    step: int
    """Percent of the fidelity, 100 for the whole."""
    values: tuple[float, ...] | None
    """The objectives; None where the trial failed."""
    metrics: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    """``dataset/category`` to metric to value; costs are among them."""
    is_final: bool
    error: str | None = None
    """Why it failed, in one line."""
    seconds: float = 0.0
    """Of the trial so far."""
    feature_seconds: float = 0.0
    """Of these in the backbone; about 0 when the cache held the features."""
    host: str = ""


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial that has ended."""

    number: int
    """As in the study, from 0."""
    state: TrialState
    settings: Mapping[str, Any]
    """What the trial chose; the rest is in the search's own file."""
    values: tuple[float, ...] | None
    """The objectives, means over categories; of a pruned trial those of its last look."""
    intermediate: Mapping[int, float]
    """Percent of the fidelity to the objective, without the last look of a complete trial."""
    metrics: Mapping[str, Mapping[str, float | None]]
    """``dataset/category`` to metric to value, of the last look."""
    selection: str
    """What the metrics were computed on; never mixed with those of other selections."""
    error: str | None
    """Why it failed; None for another state."""
    seconds: float
    feature_seconds: float
    host: str
    started_at: str
    """ISO 8601, UTC."""
    finished_at: str


class TrialLog:
    """The records of one search, in the order in which the trials ended."""

    def __init__(self, path: Path) -> None:
        """Args:
        path: A file of JSON lines; need not exist.
        """
        self._path = path

    def append(self, record: TrialRecord) -> None:
        """Keep a record; it survives the end of this process the moment this returns.

        Raises:
            StoreError: The file cannot be written.
        """
        line = json.dumps(asdict(record), sort_keys=True) + "\n"
        try:
            with self._path.open("ab+") as stream:
                if stream.tell() and not _ends_in_a_line_end(self._path):
                    line = f"\n{line}"  # what was cut off stays a line of its own, which is not read
                stream.write(line.encode())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise StoreError(f"Cannot write {self._path}: {error.strerror}.") from error

    def records(self) -> list[TrialRecord]:
        """Every record, by number. A line that a kill cut off is none."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        read: dict[int, TrialRecord] = {}
        for line in lines:
            try:
                values = json.loads(line)
            except json.JSONDecodeError:
                continue
            values["values"] = None if values["values"] is None else tuple(values["values"])
            values["intermediate"] = {int(step): value for step, value in values["intermediate"].items()}
            read[values["number"]] = TrialRecord(**values)
        return [read[number] for number in sorted(read)]


def _ends_in_a_line_end(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
