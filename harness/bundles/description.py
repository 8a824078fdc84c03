"""What ``model.json`` of a bundle says."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.bundles.threshold import HeldOutScore, Thresholds
from harness.config import Protocol
from harness.regimes import ONE_CLASS


class BundleOrigin(BaseModel):
    """Where, when and from what a detector was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    category: str
    data_fingerprint: str
    num_images: int
    """Good images that the detector was fitted on."""
    command: str
    code_commit: str
    versions: dict[str, str]
    device: str
    made_at: str
    """ISO 8601, UTC."""
    regime: str = ONE_CLASS
    fit_seconds: float | None = None
    """Learning, calibration included, feature extraction excluded, as records have it; None where no record has it."""


class BundleDescription(BaseModel):
    """A fitted detector, apart from its tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    method: str
    method_version: int
    settings: dict[str, Any]
    seed: int
    protocol: Protocol
    size_px: tuple[int, int]
    """Height and width of what the method is given."""
    aspect_range: tuple[float, float]
    """Smallest and largest width over height of the images that it was fitted on."""
    weights: str
    """Identity of the pre-trained weights, as records have it; empty for a method without any."""
    has_backbone: bool
    """Whether the tensors hold the backbone; otherwise weights of the same identity are opened."""
    values: dict[str, Any]
    """Of the method's state."""
    held_out: tuple[HeldOutScore, ...] = ()
    thresholds: Thresholds | None = None
    origin: BundleOrigin
    tensors_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of ``model.safetensors``."""
