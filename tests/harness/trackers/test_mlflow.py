from pathlib import Path

import pytest

from harness.testing import KeptRun, TrackerContract
from harness.trackers.base import PROJECT, Tracker
from harness.trackers.mlflow import MlflowTracker
from harness.trackers.tracked_run import TrackedRun

pytest.importorskip("mlflow")


class TestMlflow(TrackerContract):
    @pytest.fixture
    def tracker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracker:
        monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        # Files, because a database takes many seconds to make.
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", tmp_path.as_uri())
        return MlflowTracker(tmp_path)

    def kept(self, tracker: Tracker, run: TrackedRun) -> list[KeptRun]:
        from mlflow import MlflowClient

        client = MlflowClient()
        experiment = client.get_experiment_by_name(PROJECT)
        found = client.search_runs([experiment.experiment_id])
        return [
            KeptRun(
                params=each.data.params,
                tags=each.data.tags,
                metrics={name: value for name, value in each.data.metrics.items() if name != "loss"},
                losses=tuple(
                    sorted((point.step, point.value) for point in client.get_metric_history(each.info.run_id, "loss"))
                ),
            )
            for each in found
            if each.info.run_name == run.name
        ]

    def test_a_failed_cell_is_a_failed_run(self, tracker: Tracker) -> None:
        from mlflow import MlflowClient

        from harness.testing.tracker_contract import FAILED

        tracker.log(FAILED)
        client = MlflowClient()
        (run,) = client.search_runs([client.get_experiment_by_name(PROJECT).experiment_id])
        assert run.info.status == "FAILED"


def test_without_an_address_it_is_a_database_below_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("mlflow.MlflowClient", lambda tracking_uri: asked.append(tracking_uri) or _Client())
    MlflowTracker(tmp_path / "mlflow")
    assert asked == [f"sqlite:///{tmp_path}/mlflow/mlflow.db"]
    assert (tmp_path / "mlflow").is_dir()


class _Client:
    def get_experiment_by_name(self, name: str) -> None:
        return None

    def create_experiment(self, name: str) -> str:
        return "1"
