"""From a file that a user names to a backbone with its weights, and the name of those weights."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from harness.errors import WeightsError
from mfrnet import FILTER_BANK, Backbone, BackboneSettings, LocalWeights, load_backbone, load_network


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
        from timm.models import get_pretrained_cfg  # takes seconds to import

        config = get_pretrained_cfg(backbone, allow_unregistered=True)
        tag = config.tag if config and config.tag and "." not in backbone else ""
        return f"timm:{backbone}" + (f".{tag}" if tag else "")
    return local_weights(weights).sha256


def open_backbone(settings: BackboneSettings, weights: Path | None) -> Backbone:
    """Build the backbone with its weights.

    Args:
        settings: Which model and layers.
        weights: A local file; None for timm's own weights, from its cache or the hub.

    Raises:
        WeightsError: Weights are missing, cannot be downloaded, or do not fit.
    """
    with _as_mistakes(settings.backbone, f", or --backbone {FILTER_BANK} which needs none"):
        return load_backbone(settings, local_weights(weights) if weights else None)


def open_network(name: str, weights: Path | None, **arguments: Any) -> nn.Module:
    """Build a timm model with its weights, as ``open_backbone`` does but for the wrapping.

    Args:
        name: Of the model.
        weights: A local file; None for timm's own weights, from its cache or the hub.
        arguments: For ``timm.create_model``.

    Raises:
        WeightsError: Weights are missing, cannot be downloaded, or do not fit.
    """
    with _as_mistakes(name):
        return load_network(name, local_weights(weights) if weights else None, **arguments)


def local_weights(weights: Path) -> LocalWeights:
    """Hash a file and read the options beside it.

    Raises:
        WeightsError: The file is missing, or what lies beside it is malformed.
    """
    try:
        return LocalWeights.at(weights)
    except (FileNotFoundError, ValueError) as error:
        raise WeightsError(str(error)) from error


@contextmanager
def _as_mistakes(name: str, without_weights: str = "") -> Iterator[None]:
    # The hub's client tells of every retry; the one line below is what a user needs.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        yield
    except ValueError as error:
        raise WeightsError(str(error)) from error
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            f"Pre-trained weights of {name!r} are not in timm's cache and could not be downloaded; "
            f"right would be --weights {name}=FILE{without_weights}."
        ) from error
