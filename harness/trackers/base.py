"""What a tracker is to the rest of the harness: a program that is given every cell that ends."""

from pathlib import Path
from typing import ClassVar, Protocol

from harness.trackers.tracked_run import TrackedRun

PROJECT = "mfrnet-bench"
"""Project, experiment or folder of the runs in a tracker."""


class Tracker(Protocol):
    """Sends ended cells to one program. Whatever it raises switches it off, and never fails a cell."""

    package: ClassVar[str]
    """The module that must be importable; the extra of this project that brings it has the tracker's name."""

    def __init__(self, folder: Path) -> None:
        """Connect, or prepare the files.

        Args:
            folder: For local files, where the tracker's own environment variables name no place; need not exist.
        """
        ...

    def log(self, run: TrackedRun) -> None:
        """Keep one cell as one run of the tracker, ended when this returns."""
        ...

    def close(self) -> None:
        """Write what is still in memory; nothing is logged after this."""
        ...
