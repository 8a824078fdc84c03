"""What a cell leaves behind: a result or a failure, with everything needed to trust or repeat it.

A record is flat in the store: one field, and one metric, is one Parquet column. ``SCHEMA_VERSION`` goes up
whenever a column is added, removed or changes its meaning, and the store keeps reading every older version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.regimes import ONE_CLASS

PUBLISHED_SPLIT = "published"
"""The split that a data set was published with, or the literature's where there is none."""

SCHEMA_VERSION = 5


@dataclass(frozen=True, kw_only=True)
class CellIdentity:
    """What was asked for. Equal identities have equal ``cell_id`` on every machine."""

    cell_id: str
    dataset: str
    category: str
    method: str
    method_version: int
    seed: int
    settings: str
    """Resolved method settings as canonical JSON."""
    protocol: str
    """``Protocol.key()``."""
    data_fingerprint: str
    """Hash of every file of the category, in a canonical order, and of the split's version; in the multi-class regime
    of every category of the data set."""
    weights_sha256: str
    """Hash of the backbone weights; empty for a method or backbone without any."""
    split: str = PUBLISHED_SPLIT
    """Which images trained and which were judged."""
    limit: int | None = None
    """Most training, normal test and defect test images each, of a smoke run; None for all
    images, and in records before version 4."""
    corrupt: str | None = None
    """``NAME:SEVERITY`` of what happened to the test images; None where they stayed as they are, and in records before
    version 5."""
    contaminate: float | None = None
    """Share of the training set that was to be defect images; None where all were normal, and in records before
    version 5."""
    regime: str = ONE_CLASS
    """What the method was fitted on: ``one-class``, as all records before version 5, ``multi-class`` or
    ``few-shot-K``."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where, when and with what the cell ran."""

    code_commit: str
    code_dirty: bool
    versions: str
    """Package versions as canonical JSON."""
    host: str
    device: str
    num_threads: int | None
    """Threads of one operation on the CPU; None in records before version 2."""
    num_workers: int | None = None
    """Workers of the run, each with a cell of its own; None in records before version 3."""
    num_processes: int | None = None
    """Processes that trained the cell together; None in records before version 3."""
    command: str
    started_at: str
    """ISO 8601, UTC."""
    finished_at: str


@dataclass(frozen=True, kw_only=True)
class ImageScore:
    """The score of one test image, kept beside the record."""

    image_id: str
    is_defect: bool
    defect_kind: str
    anomaly_score: float
    group: str | None = None
    """Equal for near duplicates of each other; the image's own id where it has none, None before version 3."""


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """A finished cell."""

    identity: CellIdentity
    provenance: Provenance
    metrics: Mapping[str, float | None]
    """Metric to its value in [0, 1]; None where it is not defined, e.g. a pixel metric without masks."""
    overlap_curve: tuple[float, ...] | None
    """Per-region overlap at evenly spaced false positive rates from 0 to .3: the curve above AUPRO."""
    num_train: int
    """Images that the method was fitted on, of all categories in the multi-class regime."""
    num_test_normal: int
    num_test_defect: int
    num_left_out: int
    """Images that belong to neither part of the split."""
    num_unreadable: int = 0
    """Images of the split that the cell went on without, because they or their masks cannot be read; 0 before
    version 4."""
    unreadable_ids: str = ""
    """Their ids, sorted, as a JSON list; empty without any. Cells compare only if these are equal."""
    threshold: str | None = None
    """What set the threshold of verdicts and masks, and how, e.g. ``"validation, mean-3sd"`` or ``"5 folds, order
    0.05"``; None without one, and in records before version 5."""
    image_height_px: int
    image_width_px: int
    fit_seconds: float
    """Learning, calibration included, feature extraction excluded; of a fit or training that was shared, the time that
    it took when it was made. Other workers of the run show in it."""
    feature_seconds: float
    """Backbone passes over training and test images; about 0 when the cache held them."""
    score_seconds: float
    """From test features to maps and image scores."""
    num_parameters: int
    """Learned parameters, the frozen backbone excluded."""
    num_frozen_parameters: int | None
    """Parameters of the frozen backbone; None in records of version 1."""
    maps_sha256: str
    """Hash of all test maps' bytes in test order: equal hashes are identical maps."""
    image_scores: tuple[ImageScore, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class JudgingCosts:
    """What it costs to judge images with a fitted method. Runs before version 3 measured this too."""

    latency_p50_seconds: float
    """Median time from one image in memory (8-bit, resized) to its map and score, backbone included."""
    latency_p95_seconds: float
    images_per_second: float
    """Images judged one at a time over the time that took."""
    batch_size: int
    """Images of a batch in the three costs that follow."""
    batch_latency_p50_seconds: float
    batch_latency_p95_seconds: float
    batch_images_per_second: float
    size_bytes: int
    """Everything that judging needs, saved to disk, backbone included."""


@dataclass(frozen=True, kw_only=True)
class CostRecord(JudgingCosts):
    """What a cell costs, measured apart from the run, one cell at a time."""

    cell_id: str
    fit_seconds: float
    """Learning, calibration included, feature extraction excluded."""
    peak_memory_bytes: int | None
    """Growth of the process's resident size while it fits and judges, memory-mapped features included; None
    where the kernel does not let a process reset its peak."""
    peak_device_memory_bytes: int | None
    """Most memory that tensors held on the GPU; None on a CPU."""
    load_before: float
    """Cores that other processes kept busy just before the cell."""
    load_after: float
    """The same just after it."""
    is_quiet: bool
    """Whether both loads were low enough for the times to be published."""
    num_cores: int
    """Cores that the process could use."""
    num_threads: int
    """Threads of one operation on the CPU."""
    host: str
    device: str
    versions: str
    """Package versions as canonical JSON."""
    measured_at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, kw_only=True)
class FailureRecord:
    """A cell that raised, or that ended its worker process too often."""

    identity: CellIdentity
    provenance: Provenance
    error: str
    """One line: the exception's type and text, the file's name where a file is at fault."""
    traceback: str
