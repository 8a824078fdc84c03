"""MLflow: a server named by ``MLFLOW_TRACKING_URI``, or a database file below the results."""

import os
import time
from pathlib import Path
from typing import ClassVar

from harness.trackers.base import PROJECT
from harness.trackers.tracked_run import TrackedRun

_BATCH = 900
"""MLflow takes at most 1000 metrics at once."""
_MAX_CHARACTERS = 5000
"""The shortest of MLflow's limits on the length of a tag, over its stores."""


class MlflowTracker:
    """Writes runs of the experiment ``mfrnet-bench``, or of ``MLFLOW_EXPERIMENT_NAME``."""

    package: ClassVar[str] = "mlflow"

    def __init__(self, folder: Path) -> None:
        """See ``Tracker``."""
        from mlflow import MlflowClient

        address = os.environ.get("MLFLOW_TRACKING_URI")
        if not address:
            folder.mkdir(parents=True, exist_ok=True)
            address = f"sqlite:///{folder / 'mlflow.db'}"
        # The client, not the functions of the package: these keep one run open for the whole process.
        self._client = MlflowClient(tracking_uri=address)
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or PROJECT
        found = self._client.get_experiment_by_name(name)
        self._experiment_id = self._client.create_experiment(name) if found is None else found.experiment_id

    def log(self, run: TrackedRun) -> None:
        """See ``Tracker.log``."""
        from mlflow.entities import Metric, Param, RunTag

        opened = self._client.create_run(self._experiment_id, run_name=run.name)
        now_ms = int(time.time() * 1000)
        params = [Param(name, str(value)[:_MAX_CHARACTERS]) for name, value in run.params.items()]
        tags = [RunTag(name, value[:_MAX_CHARACTERS]) for name, value in run.tags.items()]
        metrics = [Metric(name, value, now_ms, 0) for name, value in run.metrics.items()]
        metrics += [Metric("loss", loss, now_ms, step) for step, loss in run.losses]
        for first in range(0, max(len(params), 1), 100):
            self._client.log_batch(opened.info.run_id, params=params[first : first + 100])
        self._client.log_batch(opened.info.run_id, tags=tags)
        for first in range(0, len(metrics), _BATCH):
            self._client.log_batch(opened.info.run_id, metrics=metrics[first : first + _BATCH])
        status = "FINISHED" if run.tags["status"] == "ok" else "FAILED"
        self._client.set_terminated(opened.info.run_id, status=status)

    def close(self) -> None:
        """See ``Tracker.close``; every run is ended already."""
