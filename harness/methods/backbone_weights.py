"""Backbones with their weights, from a local file, an installed package or timm, and the identity of those weights."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from harness.errors import WeightsError
from harness.methods.model_hub import announce_download, is_cached
from mfrnet import (
    FILTER_BANK,
    Backbone,
    BackboneSettings,
    LocalWeights,
    installed_backbones,
    load_backbone,
    load_network,
    package_of,
    packaged_weights,
)

_NETWORK_PACKAGES = {"httpcore", "httpx", "httpx2", "huggingface_hub", "requests", "urllib3"}
"""The model hub's client and the HTTP clients that its versions stand on; not all of their errors are OSErrors."""


def weights_identity(settings: object, weights: Path | None) -> str:
    """The weights as a part of a cell's identity.

    Returns:
        The SHA-256 of a local file or of an installed package's; ``timm:NAME.TAG`` for timm's own weights; an empty
        string for a method without pre-trained weights.

    Raises:
        WeightsError: The file is missing, or the options beside it are malformed.
    """
    backbone = getattr(settings, "backbone", FILTER_BANK)
    if backbone == FILTER_BANK:
        return ""
    found = found_weights(backbone, weights)
    if found is None:
        from timm.models import get_pretrained_cfg  # takes seconds to import

        config = get_pretrained_cfg(backbone, allow_unregistered=True)
        tag = config.tag if config and config.tag and "." not in backbone else ""
        return f"timm:{backbone}" + (f".{tag}" if tag else "")
    return found.sha256


def must_be_downloaded(settings: object, weights: Path | None) -> bool:
    """Whether fitting with these settings will download weights of timm.

    Args:
        settings: Of a method.
        weights: Local weights of its backbone; None for timm's own.
    """
    backbone = getattr(settings, "backbone", FILTER_BANK)
    if backbone == FILTER_BANK or weights is not None or backbone in installed_backbones():
        return False
    return is_cached(backbone) is False


def open_backbone(settings: BackboneSettings, weights: Path | None) -> Backbone:
    """Build the backbone with its weights.

    Args:
        settings: The model and its layers.
        weights: A local file; None for an installed package, or else timm's own weights, from its cache or the hub.

    Raises:
        WeightsError: Weights are missing, cannot be downloaded, or do not fit.
    """
    found = found_weights(settings.backbone, weights)
    with _weights_errors(settings.backbone, found, f", or --backbone {FILTER_BANK}, which needs none"):
        return load_backbone(settings, found)


def open_network(name: str, weights: Path | None, **arguments: Any) -> nn.Module:
    """Build a timm model with its weights, without the wrapping of ``open_backbone``.

    Args:
        name: Name of the model.
        weights: A local file; None for an installed package, or else timm's own weights, from its cache or the hub.
        arguments: Arguments of ``timm.create_model``.

    Raises:
        WeightsError: Weights are missing, cannot be downloaded, or do not fit.
    """
    found = found_weights(name, weights)
    with _weights_errors(name, found):
        return load_network(name, found, **arguments)


def local_weights(weights: Path) -> LocalWeights:
    """Hash a file of weights and read the options beside it.

    Raises:
        WeightsError: The file is missing, or the options beside it are malformed.
    """
    try:
        return LocalWeights.at(weights)
    except (FileNotFoundError, ValueError) as error:
        raise WeightsError(str(error)) from error


def found_weights(name: str, weights: Path | None) -> LocalWeights | None:
    """Weights that need no hub: the user's file, or those of an installed package.

    Args:
        name: Name of the backbone.
        weights: A local file; None for a package.

    Raises:
        WeightsError: The file is missing, the options beside it are malformed, or a package holds another file.
    """
    if weights is not None:
        return local_weights(weights)
    try:
        return packaged_weights(name)
    except ValueError as error:
        raise WeightsError(str(error)) from error


@contextmanager
def _weights_errors(name: str, weights: LocalWeights | None, without_weights: str = "") -> Iterator[None]:
    """Announce a download, and turn every error of loading into one line."""
    # The hub's client logs every retry; the one line below is what a user needs.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        if weights is None and name != FILTER_BANK:
            announce_download(name)
        yield
    except Exception as error:
        # mfrnet reports what timm raises as a ValueError; other errors, such as a full memory, stay themselves.
        if weights is None and _is_of_the_network(error.__cause__ if isinstance(error, ValueError) else error):
            package = package_of(name)
            install = f"install the package {package}, or " if package else ""
            raise WeightsError(
                f"Pre-trained weights of {name!r} are not in timm's cache and could not be downloaded; "
                f"{install}use --weights {name}=FILE{without_weights}."
            ) from error
        if isinstance(error, ValueError):
            raise WeightsError(str(error)) from error
        raise


def _is_of_the_network(error: BaseException | None) -> bool:
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _NETWORK_PACKAGES
