"""What a cell needs beside its identity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.config.run_settings import ThresholdRule
from harness.records import PUBLISHED_SPLIT


@dataclass(frozen=True, kw_only=True)
class CellContext:
    """Where data and weights are and how the cell runs; differs between machines and changes no number.

    Only ``skip_unreadable`` turns a failure into numbers, and those say so.
    """

    data_root: Path
    datasets: Mapping[str, str] = field(default_factory=dict)
    """Data set to what ``find`` opens it by, where that is not its name: a folder, or ``module:Class``."""
    split: str = PUBLISHED_SPLIT
    """What ``make_split`` takes for the cells' split: its name, or a manifest's path."""
    features_dir: Path | None = None
    """Where features are kept; None for the folder that all runs share."""
    weights: Mapping[str, Path] = field(default_factory=dict)
    """Backbone name to local weights."""
    device: str = "auto"
    command: str = ""
    num_workers: int = 1
    """Workers of the run, each with a cell of its own."""
    panels_dir: Path | None = None
    """Where heat-map panels are written; None for none."""
    num_panels: int = 0
    models_dir: Path | None = None
    """Where the bundles of fitted methods are written; None for none."""
    calibration_folds: int = 0
    """Detectors that are fitted beside the cell's own to set a threshold from good images; 0 for no threshold, unless
    the data set has validation images."""
    false_alarms: float = 0.05
    """Share of good images that the threshold lets raise an alarm."""
    threshold_rule: ThresholdRule | None = None
    """How the threshold is set; None for the data set's own way."""
    share_trainings: bool = False
    """Whether a network that was trained before is taken where only what follows training differs."""
    fit_token: str = ""
    """Cells share a kept fit or training of the same token only, so that a run that repeats everything fits again."""
    skip_unreadable: bool = False
    """Whether a cell goes on without the images that cannot be read, instead of failing."""
