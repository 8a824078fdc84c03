import json
from pathlib import Path

import pytest

from harness.testing import KeptRun, TrackerContract
from harness.trackers.base import Tracker
from harness.trackers.tensorboard import TensorboardTracker
from harness.trackers.tracked_run import TrackedRun

pytest.importorskip("tensorboard")


class TestTensorboard(TrackerContract):
    @pytest.fixture
    def tracker(self, tmp_path: Path) -> Tracker:
        self.folder = tmp_path
        return TensorboardTracker(tmp_path)

    def kept(self, tracker: Tracker, run: TrackedRun) -> list[KeptRun]:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        runs = []
        for folder in self.folder.rglob(run.tags["cell_id"]):
            events = EventAccumulator(str(folder)).Reload()
            texts = {
                name: json.loads(events.Tensors(f"{name}/text_summary")[-1].tensor_proto.string_val[0].decode()[4:-4])
                for name in ("settings", "tags")
            }
            scalars = {name: events.Scalars(name) for name in events.Tags()["scalars"]}
            losses = scalars.pop("loss", [])
            runs.append(
                KeptRun(
                    params={name: str(value) for name, value in texts["settings"].items()},
                    tags=texts["tags"],
                    metrics={name: found[-1].value for name, found in scalars.items()},
                    losses=tuple((event.step, event.value) for event in losses),
                )
            )
        return runs
