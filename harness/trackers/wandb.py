"""Weights & Biases: online with its key, or offline with ``WANDB_MODE=offline`` and ``wandb sync``."""

import os
from pathlib import Path
from typing import ClassVar

from harness.errors import SettingsError
from harness.trackers.base import PROJECT
from harness.trackers.tracked_run import TrackedRun


class WandbTracker:
    """Writes runs of the project ``mfrnet-bench``, or of ``WANDB_PROJECT``."""

    package: ClassVar[str] = "wandb"

    def __init__(self, folder: Path) -> None:
        """See ``Tracker``. Asks for the key here, if it is not known, rather than when the first cell ends.

        Raises:
            SettingsError: There is no key.
        """
        import wandb

        if os.environ.get("WANDB_MODE", "online") == "online" and not wandb.login():
            raise SettingsError(
                "no API key; run 'wandb login', set WANDB_API_KEY, or keep runs here: WANDB_MODE=offline."
            )
        self._folder = Path(os.environ.get("WANDB_DIR") or folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def log(self, run: TrackedRun) -> None:
        """See ``Tracker.log``. A cell that runs again is another run of the same name."""
        import wandb

        opened = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or PROJECT,
            name=run.name,
            group=f"{run.tags['dataset']} {run.tags['method']}",
            # Settings apart from the rest, so that a setting may be called as a tag is.
            config={"settings": dict(run.params), **run.tags},
            dir=str(self._folder),
            reinit="create_new",
            # Nothing is printed, and nothing of this process is recorded: the cells run elsewhere.
            settings=wandb.Settings(silent=True, console="off", x_disable_stats=True, x_disable_meta=True),
        )
        try:
            for step, loss in run.losses:
                opened.log({"loss": loss}, step=step)
            opened.summary.update(dict(run.metrics))
        finally:
            opened.finish(exit_code=0 if run.tags["status"] == "ok" else 1)

    def close(self) -> None:
        """See ``Tracker.close``; every run is ended already."""
