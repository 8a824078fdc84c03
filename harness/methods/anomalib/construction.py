"""Builds a model from its name and settings, with everything around it switched off."""

import importlib
import inspect
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn

from harness.errors import MissingExtraError
from harness.methods.anomalib.installed_models import anomalib_version
from harness.methods.anomalib.model_settings import constructor_arguments, settings_type
from harness.methods.anomalib.networks import downloads, given_networks, no_downloads
from harness.methods.anomalib.pixels import Pixels
from harness.methods.anomalib.recipes import OTHER, RECIPES, label_of
from harness.methods.anomalib.surroundings import quiet
from harness.methods.anomalib.teacher import load_teacher
from harness.methods.backbone_weights import found_weights, local_weights, open_network
from mfrnet import check_options


@dataclass(frozen=True)
class Built:
    """A model of anomalib."""

    module: Any
    """The Lightning module; ``module.model`` is the network."""
    frozen: tuple[nn.Module, ...]
    """Parts that keep their pre-trained weights."""


@cache
def model_type_of(name: str) -> type[Any]:
    """The model's class.

    Args:
        name: As ``anomalib.models.get_model`` takes it; known to exist.

    Raises:
        MissingExtraError: anomalib is not installed.
    """
    if anomalib_version() is None:
        raise MissingExtraError.of(f"Method {label_of(name)!r}", "anomalib", "baselines")
    with quiet():
        package = importlib.import_module(f"anomalib.models.image.{name}")
    known = {each.__name__.lower(): each for each in vars(package).values() if isinstance(each, type)}
    model_type: type[Any] = known[name.replace("_", "")]
    return model_type


@cache
def settings_of(name: str) -> type[Any]:
    """The model's settings, a frozen dataclass."""
    return settings_type(model_type_of(name), RECIPES.get(name, OTHER))


def check_construction(name: str, settings: Any, size_px: tuple[int, int]) -> None:
    """Build the model without weights, so that its constructor checks the settings.

    Raises:
        ValueError: The settings or the size do not suit the model.
    """

    def load_nothing(network: str, arguments: dict[str, Any]) -> nn.Module:
        empty: nn.Module = timm.create_model(network, pretrained=False, **arguments)
        return empty

    is_cheap = RECIPES.get(name, OTHER).builds_on_meta
    with (
        quiet(),
        torch.random.fork_rng(devices=[]),
        given_networks(load_nothing, lambda network: {}),
        torch.device("meta") if is_cheap else nullcontext(),
    ):
        _construct(name, settings, size_px)


def build_model(name: str, settings: Any, size_px: tuple[int, int], weights: Path | None) -> Built:
    """Build the model around its pre-trained networks.

    Args:
        name: As ``anomalib.models.get_model`` takes it.
        settings: Settings of the model.
        size_px: Height and width of its input.
        weights: Local weights of ``settings.backbone``; None for timm's own.

    Raises:
        WeightsError: Weights are missing, cannot be downloaded, or do not fit.
        ValueError: The model does not learn from normal images.
    """
    recipe = RECIPES.get(name, OTHER)
    backbone = getattr(settings, "backbone", None)
    options = local_weights(weights).options.get("model", {}) if weights is not None else {}

    def load(network: str, arguments: dict[str, Any]) -> nn.Module:
        with downloads():
            return open_network(network, weights if network == backbone else None, **arguments)

    def options_of(network: str) -> dict[str, Any]:
        return options if network == backbone else {}

    with quiet(), given_networks(load, options_of) as networks:
        module = _construct(name, settings, size_px)
    if recipe.teacher:
        load_teacher(label_of(name), module, settings, weights)
    return Built(module, (*networks, *(getattr(module.model, part) for part in recipe.frozen)))


def build_empty(name: str, settings: Any, size_px: tuple[int, int], options: dict[str, Any]) -> Any:
    """The Lightning module of a model without any weights, for a state dict to be loaded into.

    Args:
        name: As ``anomalib.models.get_model`` takes it.
        settings: Settings of the model.
        size_px: Height and width of its input.
        options: ``backbone_options`` of the weights that it was built with.

    Raises:
        ValueError: These are no options.
    """

    def options_of(network: str) -> dict[str, Any]:
        return options if network == getattr(settings, "backbone", None) else {}

    def load_nothing(network: str, arguments: dict[str, Any]) -> nn.Module:
        empty: nn.Module = timm.create_model(network, pretrained=False, **{**arguments, **options_of(network)})
        return empty

    check_options({"model": options})
    with quiet(), torch.random.fork_rng(devices=[]), given_networks(load_nothing, options_of):
        return _construct(name, settings, size_px)


def backbone_options(settings: Any, weights: Path | None) -> dict[str, Any]:
    """Arguments of the backbone's model that its local or packaged weights need."""
    backbone = getattr(settings, "backbone", None)
    found = found_weights(backbone, weights) if backbone else None
    options: dict[str, Any] = found.options.get("model", {}) if found is not None else {}
    return options


def pixels_of(name: str, settings: Any, size_px: tuple[int, int], weights: Path | None) -> Pixels:
    """The conversion of images for a model, with its own normalisation or that of its local weights."""
    model_type = model_type_of(name)
    from anomalib.data.transforms.utils import extract_transforms_by_type
    from torchvision.transforms.v2 import Normalize

    normalise = extract_transforms_by_type(model_type.configure_pre_processor().transform, Normalize)
    if not normalise:
        return Pixels(size_px)
    found = found_weights(getattr(settings, "backbone", ""), weights)
    options = found.options if found is not None else {}
    return Pixels(
        size_px, options.get("mean") or tuple(normalise[0].mean), options.get("std") or tuple(normalise[0].std)
    )


def _construct(name: str, settings: Any, size_px: tuple[int, int]) -> Any:
    from anomalib import LearningType
    from anomalib.pre_processing import PreProcessor
    from torchvision.transforms.v2 import Resize

    model_type = model_type_of(name)
    arguments = constructor_arguments(model_type, settings)
    arguments |= dict.fromkeys(("post_processor", "evaluator", "visualizer"), False)
    # Some models are built for one image size and read it from the pre-processor.
    arguments["pre_processor"] = PreProcessor(transform=Resize(size_px))
    if "pre_trained" in inspect.signature(model_type).parameters:
        arguments["pre_trained"] = True
    with tempfile.TemporaryDirectory(prefix="bench-none-") as nothing, no_downloads(label_of(name)):
        if arguments.get("dtd_dir") == "":
            # With a folder that holds no image, DRAEM paints noise instead of textures.
            arguments["dtd_dir"] = nothing
        try:
            module = model_type(**arguments)
        except ImportError as error:
            reason = " ".join(str(error).split())
            raise MissingExtraError(f"{label_of(name)} needs a package that is not installed: {reason}") from error
    module.pre_processor = None
    if module.learning_type != LearningType.ONE_CLASS:
        raise ValueError(
            f"{label_of(name)}: expected a one-class model, which learns from normal images, "
            f"got a {module.learning_type.value} model."
        )
    return module
