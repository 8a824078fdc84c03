"""Trackers by name. To add one: a module here, a line below, and a test class that inherits the contract.

A package of its own adds one through the entry-point group ``mfrnet_bench.trackers`` instead.
Importing this module imports no tracker's package, so that a wrong name is reported at once.
"""

from typing import TYPE_CHECKING

from harness.registry import Registry

if TYPE_CHECKING:
    from harness.trackers.base import Tracker

TRACKERS: "Registry[type[Tracker]]" = Registry(
    "tracker",
    {
        "mlflow": "harness.trackers.mlflow:MlflowTracker",
        "wandb": "harness.trackers.wandb:WandbTracker",
        "tensorboard": "harness.trackers.tensorboard:TensorboardTracker",
        "trackio": "harness.trackers.trackio:TrackioTracker",
    },
    entry_points="mfrnet_bench.trackers",
)

__all__ = ["TRACKERS"]
