"""Trackio: files below the results, or a Space of Hugging Face named by ``TRACKIO_SPACE_ID``."""

import contextlib
import io
import os
from pathlib import Path
from typing import ClassVar

from harness.trackers.base import PROJECT
from harness.trackers.tracked_run import TrackedRun


class TrackioTracker:
    """Writes runs of the project ``mfrnet-bench``; ``TRACKIO_DIR=RESULTS/tracking/trackio trackio show`` shows them."""

    package: ClassVar[str] = "trackio"

    def __init__(self, folder: Path) -> None:
        """See ``Tracker``."""
        # Read when the package is imported.
        os.environ.setdefault("TRACKIO_DIR", str(folder))

    def log(self, run: TrackedRun) -> None:
        """See ``Tracker.log``. A cell that runs again is another run of the same name."""
        # Its notes on stdout would stand between the events of ``bench run --json``.
        with contextlib.redirect_stdout(io.StringIO()):
            import trackio

            opened = trackio.init(
                project=PROJECT,
                name=run.name,
                group=f"{run.tags['dataset']} {run.tags['method']}",
                # Settings apart from the rest, so that a setting may be called as a tag is.
                config={"settings": dict(run.params), **run.tags},
                embed=False,
                auto_log_gpu=False,
                auto_log_cpu=False,
            )
            for step, loss in run.losses:
                opened.log({"loss": loss}, step=step)
            # A run without a single number is not kept at all.
            opened.log(dict(run.metrics) or {"failed": 1})
            trackio.finish()

    def close(self) -> None:
        """See ``Tracker.close``; every run is ended already."""
