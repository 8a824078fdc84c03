"""From a file that a user names to a backbone with its weights, and the name of those weights."""

import logging
from pathlib import Path

from timm.models import get_pretrained_cfg

from harness.errors import WeightsError
from mfrnet import FILTER_BANK, Backbone, BackboneSettings, LocalWeights, load_backbone


def weights_identity(settings: object, weights: Path | None) -> str:
    """What stands for the weights in a cell's identity.

    Returns:
        The SHA-256 of a local file; ``timm:NAME.TAG`` for timm's own weights, which it keeps under that
        tag; empty for none.

    Raises:
        WeightsError: The file is missing, or what lies beside it is malformed.
    """
    backbone = getattr(settings, "backbone", FILTER_BANK)
    if backbone == FILTER_BANK:
        return ""
    if weights is None:
        config = get_pretrained_cfg(backbone, allow_unregistered=True)
        tag = config.tag if config and config.tag and "." not in backbone else ""
        return f"timm:{backbone}" + (f".{tag}" if tag else "")
    return _local(weights).sha256


def open_backbone(settings: BackboneSettings, weights: Path | None) -> Backbone:
    """Build the backbone with its weights.

    Args:
        settings: Which model and layers.
        weights: A local file; None for timm's own weights, from its cache or the hub.

    Raises:
        WeightsError: Weights are missing, cannot be downloaded, or do not fit.
    """
    # The hub's client tells of every retry; the one line below is what a user needs.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return load_backbone(settings, _local(weights) if weights else None)
    except ValueError as error:
        raise WeightsError(str(error)) from error
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            f"Pre-trained weights of {settings.backbone!r} are not in timm's cache and could not be downloaded; "
            f"right would be --weights {settings.backbone}=FILE, or --backbone {FILTER_BANK} which needs none."
        ) from error


def _local(weights: Path) -> LocalWeights:
    try:
        return LocalWeights.at(weights)
    except (FileNotFoundError, ValueError) as error:
        raise WeightsError(str(error)) from error
