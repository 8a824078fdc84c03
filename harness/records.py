"""What a cell leaves behind: a result or a failure, with everything needed to trust or repeat it.

A record is flat: one field is one Parquet column. ``SCHEMA_VERSION`` goes up whenever a column is
added, removed or changes its meaning, and the store keeps reading every older version.
"""

from dataclasses import dataclass, field

SCHEMA_VERSION = 1


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


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where, when and with what the cell ran."""

    code_commit: str
    code_dirty: bool
    versions: str
    """Package versions as canonical JSON."""
    host: str
    device: str
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
    """A finished cell. Metrics are fractions in [0, 1]; pixel metrics are None without masks."""

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
    peak_memory_bytes: int
    """Largest resident size of the worker process so far (a process runs several cells)."""
    num_parameters: int
    """Learned parameters, the frozen backbone excluded."""
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
