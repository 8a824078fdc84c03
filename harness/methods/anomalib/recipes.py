"""How each model is trained, as far as anomalib's own code does not say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Defaults of the trainer, and the special needs of a model."""

    summary: str
    """Description of the model for ``bench methods``."""
    epochs: int = 1
    steps: int = 0
    """Optimiser steps after which training ends at the latest; 0 for no limit."""
    batch_size: int = 32
    """Training images in one step; 32 is the default of anomalib's data modules."""
    relative_cost: float = 1.0
    """Rough time per image relative to MFRNet's; only used to order the queue."""
    multiple_px: int = 1
    """Images are resized so that both sides are a multiple of this, and maps resized back."""
    smallest_px: int = 32
    """Shortest side that the model accepts; smaller images are resized to it, and maps resized back."""
    builds_on_meta: bool = True
    """Whether the model can be built on torch's meta device; not if its constructor reads values of tensors."""
    held_out_share: float = 0.0
    """Fraction of the training images that is held out for one validation pass after the last epoch."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Defaults that replace those of anomalib."""
    teacher: str = ""
    """Name of the weights of a pre-trained part that is not from timm; formatted with the settings."""
    can_be_kept: bool = True
    """Whether everything that the model needs to judge is in its state dict."""
    min_shots: int = 1
    """Fewest images that the model can be fitted on."""
    frozen: tuple[str, ...] = ()
    """Frozen parts of the model besides the networks that timm makes."""


RECIPES = {
    "patchcore": Recipe(summary="anomalib's PatchCore: distance to a coreset of normal patch features"),
    "padim": Recipe(summary="anomalib's PaDiM: one Gaussian of features a position", relative_cost=0.2, min_shots=2),
    "dfm": Recipe(
        summary="anomalib's DFM: error of a linear reconstruction of deep features", relative_cost=0.1, min_shots=2
    ),
    "stfpm": Recipe(summary="anomalib's STFPM: a student matches the features of its teacher", epochs=100),
    "reverse_distillation": Recipe(
        summary="anomalib's reverse distillation: a decoder restores the teacher's features",
        epochs=200,
        relative_cost=4,
    ),
    "fastflow": Recipe(
        summary="anomalib's FastFlow: a normalising flow over feature maps",
        epochs=500,
        relative_cost=10,
        builds_on_meta=False,
    ),
    "draem": Recipe(
        summary="anomalib's DRAEM: images with painted defects are restored and segmented",
        epochs=700,
        relative_cost=100,
        defaults={"dtd_dir": ""},
        builds_on_meta=False,
        min_shots=2,
    ),
    "supersimplenet": Recipe(
        summary="anomalib's SuperSimpleNet: noise in features teaches a segmentation head",
        epochs=300,
        relative_cost=8,
        smallest_px=96,
    ),
    "efficient_ad": Recipe(
        summary="anomalib's EfficientAD: student and auto-encoder against a small teacher",
        epochs=1000,
        steps=70_000,
        batch_size=1,
        relative_cost=30,
        smallest_px=256,
        held_out_share=0.1,
        min_shots=2,
        defaults={"imagenet_dir": ""},
        teacher="pdn_{model_size}",
        frozen=("teacher",),
    ),
    "dinomaly": Recipe(
        summary="anomalib's Dinomaly: a decoder restores the tokens of a DINOv2 transformer",
        epochs=5000,
        steps=5000,
        relative_cost=50,
        multiple_px=14,
    ),
}
"""Epochs, steps and batch sizes follow anomalib's example configurations, without early stopping on test images.
Only those of supersimplenet and dinomaly were compared with the installed package."""

OTHER = Recipe(summary="A model of anomalib", epochs=100, relative_cost=10, builds_on_meta=False)
"""The recipe of every other model; a model that has its own ``epochs`` argument keeps its default."""


def label_of(name: str) -> str:
    """The method's name on the command line."""
    return name if name in RECIPES else f"anomalib:{name}"
