import os
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest

from harness.testing import KeptRun, TrackerContract
from harness.trackers.base import Tracker
from harness.trackers.tracked_run import TrackedRun
from harness.trackers.trackio import TrackioTracker

pytestmark = pytest.mark.skipif(find_spec("trackio") is None, reason="trackio is not installed")


@pytest.fixture(scope="module", autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Read once, when the package is imported.
    os.environ["TRACKIO_DIR"] = str(tmp_path_factory.mktemp("trackio"))


class TestTrackio(TrackerContract):
    @pytest.fixture
    def tracker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracker:
        self.project = f"test-{uuid4().hex[:8]}"
        monkeypatch.setattr("harness.trackers.trackio.PROJECT", self.project)
        return TrackioTracker(tmp_path)

    def kept(self, tracker: Tracker, run: TrackedRun) -> list[KeptRun]:
        from trackio.sqlite_storage import SQLiteStorage

        runs = []
        for record in SQLiteStorage.get_run_records(self.project):
            if record["name"] != run.name:
                continue
            config = dict(SQLiteStorage.get_run_config(self.project, run_id=record["id"]) or {})
            rows = SQLiteStorage.get_logs(self.project, run_id=record["id"])
            runs.append(
                KeptRun(
                    params={name: str(value) for name, value in config.pop("settings").items()},
                    tags={name: value for name, value in config.items() if isinstance(value, str)},
                    metrics={name: value for row in rows for name, value in row.items() if name in run.metrics},
                    losses=tuple((row["step"], row["loss"]) for row in rows if "loss" in row),
                )
            )
        return runs
