import logging
from pathlib import Path
from typing import ClassVar

import pytest

from harness.errors import MissingExtraError, UnknownNameError
from harness.trackers import TRACKERS
from harness.trackers.tracked_run import TrackedRun
from harness.trackers.tracker_set import TrackerSet, check_trackers
from tests.support import records as make

RUN = TrackedRun.of(make.cell_record(identity=make.identity()))
NOTES = "tests.harness.trackers.test_tracker_set:Notes"


class Notes:
    """Writes what it is told into ``told``; fails in the step that ``fails`` names."""

    package: ClassVar[str] = "json"
    told: ClassVar[list[str]] = []
    fails: ClassVar[str] = ""

    def __init__(self, folder: Path) -> None:
        self._note(f"open {folder.name}")

    def log(self, run: TrackedRun) -> None:
        self._note(f"log {run.name}")

    def close(self) -> None:
        self._note("close")

    def _note(self, text: str) -> None:
        self.told.append(text)
        if self.fails and text.startswith(self.fails):
            raise ConnectionError("The server is gone\nand will not come back")


@pytest.fixture(autouse=True)
def _notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notes, "told", [])
    monkeypatch.setitem(TRACKERS._entries, "notes", NOTES)


def used() -> list[str]:
    trackers = TrackerSet(["notes", "notes"], Path("somewhere"))
    trackers.log(RUN)
    trackers.log(RUN)
    trackers.close()
    trackers.close()
    return Notes.told


def test_a_tracker_is_opened_once_told_of_every_cell_and_closed_once(caplog: pytest.LogCaptureFixture) -> None:
    assert used() == ["open notes", f"log {RUN.name}", f"log {RUN.name}", "close"]
    assert caplog.records == []


@pytest.mark.parametrize(("step", "calls"), [("open", 1), ("log", 2), ("close", 4)])
def test_a_tracker_that_fails_is_one_warning_and_then_off(
    step: str, calls: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Notes, "fails", step)
    with caplog.at_level(logging.WARNING):
        assert len(used()) == calls
    (record,) = caplog.records
    assert record.getMessage() == (
        "bench: Tracker 'notes' failed and is switched off for the rest of the run: "
        "ConnectionError: The server is gone ... and will not come back"
    )


def test_an_unknown_tracker_gets_the_nearest_known_one() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown tracker 'mlflw'\. Did you mean 'mlflow'\?"):
        check_trackers(["notes", "mlflw"])


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "trackio", "wandb"])
def test_a_tracker_that_is_not_installed_says_how_to_install_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(
        MissingExtraError, match=rf"^Tracker '{name}' needs {name}, which .*: pip install 'mfrnet-bench\[{name}\]'$"
    ):
        check_trackers([name])
