"""What ``model.json`` of a bundle says."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harness.bundles.threshold import HeldOutScore, Thresholds
from harness.config import Protocol
from harness.regimes import ONE_CLASS

_Side = Annotated[int, Field(ge=32, le=65536, multiple_of=32)]


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

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1] = 1
    method: str
    method_version: int
    settings: dict[str, Any]
    seed: int
    protocol: Protocol
    size_px: tuple[_Side, _Side]
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
    threshold_command: str | None = None
    """The command that set the thresholds anew; None for those that came with the fit."""
    origin: BundleOrigin
    tensors_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of ``model.safetensors``."""

    @model_validator(mode="after")
    def _size_is_that_of_the_protocol(self) -> "BundleDescription":
        size, of_method = [*self.size_px], self.values.get("image_size_px", self.size_px)
        if min(size) != self.protocol.image_size_px or of_method not in (size, self.size_px):
            raise PydanticCustomError(
                "size",
                "expected one size with {side} px on the shorter side, got {size} and values.image_size_px {of_method}",
                {"side": self.protocol.image_size_px, "size": size, "of_method": str(of_method)[:80]},
            )
        return self
