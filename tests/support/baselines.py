"""What makes anomalib's models quick, and random weights for them: no model hub is asked."""

from pathlib import Path
from typing import Any

import timm
import torch
from PIL import Image

from harness.methods.anomalib.surroundings import quiet

SIZES_PX = {"draem": (32, 32), "dinomaly": (32, 32)}
"""Smaller images where the model is slow."""


def tiny_baseline(name: str, folder: Path) -> dict[str, Any]:
    """Settings that make a model quick; it takes those of them that it has.

    Args:
        name: Of the method.
        folder: Where files that the model reads are made.
    """
    tiny: dict[str, Any] = {"backbone": "resnet18", "epochs": 1, "batch_size": 4, "flow_steps": 1}
    if name == "dfm":
        tiny["pooling_kernel_size"] = 2
    if name == "supersimplenet":
        tiny["layers"] = ("layer2",)
    if name in ("draem", "dinomaly"):
        tiny["batch_size"] = 8  # one step of its many parameters
    if name == "dinomaly":
        tiny["backbone"] = "vit_small_patch14_reg4_dinov2"
    if name == "efficient_ad":
        tiny |= {"batch_size": 1, "imagenet_dir": str(_photographs(folder / "photographs"))}
    return tiny


def random_weights(settings: Any, folder: Path) -> Path | None:
    """A file of random weights for the backbone of these settings; None for settings without one."""
    backbone = getattr(settings, "backbone", None)
    if backbone is None:
        return None
    file = folder / f"{backbone}.pth"
    if not file.is_file():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            torch.save(_network(backbone).state_dict(), file)
    return file


def _network(backbone: str) -> torch.nn.Module:
    if backbone == "pdn_small":
        with quiet():
            from anomalib.models.image.efficient_ad.torch_model import SmallPatchDescriptionNetwork

        teacher: torch.nn.Module = SmallPatchDescriptionNetwork(out_channels=384)
        return teacher
    network: torch.nn.Module = timm.create_model(backbone, pretrained=False)
    return network


def _photographs(folder: Path) -> Path:
    for number in range(3):
        file = folder / "things" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 50), (90 * number, 60, 200)).save(file)
    return folder
