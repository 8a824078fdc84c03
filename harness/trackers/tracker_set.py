"""The trackers of a run: opened together, told of every cell, and switched off one by one when they fail."""

import importlib.util
import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from harness.errors import MissingExtraError, cause_of
from harness.trackers import TRACKERS
from harness.trackers.base import Tracker
from harness.trackers.tracked_run import TrackedRun


def check_trackers(names: Iterable[str]) -> None:
    """Refuse trackers that are unknown or not installed.

    Raises:
        UnknownNameError: No tracker has this name.
        MissingExtraError: Its package is not installed.
        PlugInError: Its plug-in cannot be imported.
    """
    for name in names:
        package = TRACKERS.get(name).package
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError.of(f"Tracker {name!r}", package, name)


class TrackerSet:
    """Some trackers. What one of them raises is one logged warning, and switches it off."""

    def __init__(self, names: Iterable[str], folder: Path) -> None:
        """Open the trackers.

        Args:
            names: Checked by ``check_trackers``; repeated ones count once.
            folder: For their local files; each has a folder of its own in it.
        """
        self._open: dict[str, Tracker] = {}
        for name in dict.fromkeys(names):
            self._guarded(name, partial(self._connect, name, folder / name))

    def log(self, run: TrackedRun) -> None:
        """Give a cell to every tracker that still works."""
        for name, tracker in tuple(self._open.items()):
            self._guarded(name, partial(tracker.log, run))

    def close(self) -> None:
        """Let every tracker write what it still holds."""
        for name, tracker in tuple(self._open.items()):
            self._guarded(name, tracker.close)
        self._open.clear()

    def _connect(self, name: str, folder: Path) -> None:
        self._open[name] = TRACKERS.get(name)(folder)

    def _guarded(self, name: str, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self._open.pop(name, None)
            logging.getLogger(__name__).warning(
                "bench: Tracker %r failed and is switched off for the rest of the run: %s", name, cause_of(error)
            )
