"""Every choice of the method, checked on construction. Imports nothing heavy."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class BackboneSettings:
    """What turns an image into multi-scale features; methods on equal settings share features."""

    backbone: str = "resnet18"
    """Any timm model that supports ``features_only``, or ``filter_bank`` (needs no weights)."""
    layers: tuple[int | str, ...] = (2, 3)
    """Feature layers by timm's index (0 is stride 2, 1 is stride 4, ... in most networks) or name."""

    def __post_init__(self) -> None:
        _require(bool(self.layers), "layers", self.layers, "at least one layer")
        _require(len(set(self.layers)) == len(self.layers), "layers", self.layers, "each layer once")


@dataclass(frozen=True, kw_only=True)
class MapSettings(BackboneSettings):
    """From features to a map and a score: what MFRNet and its control without restoration share."""

    grid_stride_px: int = 16
    """Image pixels per grid position; all layers are resized to this one grid."""
    calibration_share: float = 0.15
    """Share of the training images held out to calibrate the score, in [0, .5]; 0 for no calibration."""
    smoothing_px: float = 4.0
    """Standard deviation of the Gaussian that smooths the map, in image pixels; 0 for none."""
    top_share: float = 0.02
    """Image score: mean of this share of the map's largest values; 0 takes the maximum."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.grid_stride_px >= 1, "grid_stride_px", self.grid_stride_px, "1 or more")
        _require(0 <= self.calibration_share <= 0.5, "calibration_share", self.calibration_share, "in [0, 0.5]")
        _require(self.smoothing_px >= 0, "smoothing_px", self.smoothing_px, "0 or more")
        _require(0 <= self.top_share <= 1, "top_share", self.top_share, "in [0, 1]")


@dataclass(frozen=True, kw_only=True)
class MFRNetSettings(MapSettings):
    """Settings of one MFRNet. Defaults are ours; the paper's are not known.

    Raises:
        ValueError: A value is out of range; the text names the field and what would be right.
    """

    k: int = 2
    """Complementary masks in a subset; one mask hides 1/k of the map (mask ratio 1/k)."""
    n: int = 3
    """Independent subsets averaged in scoring."""
    cell: int = 2
    """Masks hide blocks of ``cell`` x ``cell`` grid positions in training."""
    scoring_cell: int = 4
    """The same in scoring, where larger blocks keep a large defect from being restored out of itself;
    smaller on small maps, so that each mask still hides four whole blocks."""
    width: int = 128
    """Channels of the restoration network on the full grid."""
    depth: int = 4
    """Hybrid blocks at the bottom of the U."""
    num_heads: int = 4
    weight_pixel: float = 0.1
    """Weight of the squared error, in the loss and in the score."""
    weight_structure: float = 1.0
    """Weight of 1 - SSIM, likewise."""
    weight_cosine: float = 1.0
    """Weight of 1 - cosine similarity, likewise: half the squared error between unit vectors, a pixel
    term that does not see contrast."""
    steps: int = 6400
    """Optimiser steps."""
    batch_size: int = 3
    """Images a step, each seen under all k masks of one subset; fewer where maps are large, so that no
    step has more than ``batch_size * 144`` grid positions (144 is a 192 px square at stride 16)."""
    learning_rate: float = 1.4e-3
    """Peak of the one-cycle schedule."""
    weight_decay: float = 0.01
    precision: Precision = "float32"
    """``bfloat16`` runs training and restoration under autocast."""
    compile: bool = False
    """Use ``torch.compile`` on the restoration network; pays on a GPU."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.k >= 2, "k", self.k, "2 or more (k = 1 would hide the whole map)")
        _require(self.n >= 1, "n", self.n, "1 or more")
        _require(self.cell >= 1, "cell", self.cell, "1 or more")
        _require(self.scoring_cell >= 1, "scoring_cell", self.scoring_cell, "1 or more")
        _require(self.depth >= 1, "depth", self.depth, "1 or more")
        _require(
            self.num_heads >= 1 and self.width > 0 and self.width % (4 * self.num_heads) == 0,
            "width",
            self.width,
            f"a positive multiple of 4 x num_heads = {4 * self.num_heads}",
        )
        weights = (self.weight_pixel, self.weight_structure, self.weight_cosine)
        _require(min(weights) >= 0 and max(weights) > 0, "weight_*", weights, "none negative and one positive")
        _require(self.steps >= 1, "steps", self.steps, "1 or more")
        _require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")
        _require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        _require(self.weight_decay >= 0, "weight_decay", self.weight_decay, "0 or more")


def _require(holds: bool, name: str, value: object, right: str) -> None:
    if not holds:
        raise ValueError(f"{name} = {value!r} is out of range; right would be {right}.")
