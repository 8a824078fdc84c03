"""TensorBoard: one folder of events a cell; ``tensorboard --logdir RESULTS/tracking/tensorboard`` shows them."""

import json
from pathlib import Path
from typing import ClassVar

from harness.trackers.tracked_run import TrackedRun


class TensorboardTracker:
    """Writes event files: metrics and losses as scalars, settings and tags as texts, and a row of HParams."""

    package: ClassVar[str] = "tensorboard"

    def __init__(self, folder: Path) -> None:
        """See ``Tracker``."""
        self._folder = folder

    def log(self, run: TrackedRun) -> None:
        """See ``Tracker.log``. A cell that runs again gets new events in the same folder."""
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams

        folder = self._folder / run.name.replace(" ", "-") / run.tags["cell_id"]
        with SummaryWriter(str(folder)) as writer:
            for name, text in (("settings", run.params), ("tags", run.tags)):
                writer.add_text(name, f"```\n{json.dumps(text, indent=2)}\n```")
            # add_hparams would put the metrics into a folder with another name, which is the time of day.
            for summary in hparams(dict(run.params), dict(run.metrics)):  # type: ignore[no-untyped-call]
                writer.file_writer.add_summary(summary)
            for step, loss in run.losses:
                writer.add_scalar("loss", loss, step)
            for name, value in run.metrics.items():
                writer.add_scalar(name, value, 0)

    def close(self) -> None:
        """See ``Tracker.close``; every file is closed already."""
