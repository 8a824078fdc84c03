"""What a cell leaves behind: a result or a failure, with everything needed to trust or repeat it.

A record is flat: one field is one Parquet column. ``SCHEMA_VERSION`` goes up whenever a column is
added, removed or changes its meaning, and the store keeps reading every older version.
"""

from dataclasses import dataclass, field

PUBLISHED_SPLIT = "published"
"""The split that a data set was published with, or the literature's where there is none."""

SCHEMA_VERSION = 2


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
    """Hash of every file of the category, in a canonical order, and of the split's version."""
    weights_sha256: str
    """Hash of the backbone weights; empty for a method or backbone without any."""
    split: str = PUBLISHED_SPLIT
    """Which images trained and which were judged."""


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


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """A finished cell. Metrics are fractions in [0, 1]; pixel metrics are None without masks.

    Costs that version 1 did not measure are None in its records.
    """

    identity: CellIdentity
    provenance: Provenance
    image_auroc: float
    image_average_precision: float
    image_f1_max: float
    pixel_auroc: float | None
    pixel_average_precision: float | None
    pixel_f1_max: float | None
    aupro_30: float | None
    aupro_05: float | None
    spro_05: float | None
    """Saturated overlap up to a false positive rate of .05, the mean over kinds of defects; None for a data
    set that does not say how much of a defect must be found."""
    overlap_curve: tuple[float, ...] | None
    """Per-region overlap at evenly spaced false positive rates from 0 to .3: the curve above AUPRO."""
    num_train: int
    num_test_normal: int
    num_test_defect: int
    num_left_out: int
    image_height_px: int
    image_width_px: int
    fit_seconds: float
    """Learning, calibration included, feature extraction excluded."""
    feature_seconds: float
    """Backbone passes over training and test images; about 0 when the cache held them."""
    score_seconds: float
    """From test features to maps and image scores."""
    latency_p50_seconds: float | None
    """Median time from one image in memory (8-bit, resized) to its map and score, backbone included."""
    latency_p95_seconds: float | None
    images_per_second: float | None
    """Images judged one at a time over the time that took."""
    batch_size: int | None
    """Images of a batch in the three costs that follow."""
    batch_latency_p50_seconds: float | None
    batch_latency_p95_seconds: float | None
    batch_images_per_second: float | None
    peak_memory_bytes: int | None
    """Largest resident size of the process during this cell, memory-mapped features included."""
    peak_device_memory_bytes: int | None
    """Most memory that tensors held on the GPU during this cell; None on a CPU."""
    num_parameters: int
    """Learned parameters, the frozen backbone excluded."""
    num_frozen_parameters: int | None
    """Parameters of the frozen backbone."""
    size_bytes: int | None
    """Everything that judging needs, saved to disk, backbone included."""
    maps_sha256: str
    """Hash of all test maps' bytes in test order: equal hashes are identical maps."""
    image_scores: tuple[ImageScore, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class FailureRecord:
    """A cell that raised, or that ended its worker process too often."""

    identity: CellIdentity
    provenance: Provenance
    error: str
    """One line: the exception's type and text, the file's name where a file is at fault."""
    traceback: str
