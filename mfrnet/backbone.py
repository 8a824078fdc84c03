"""A frozen backbone that maps images to feature layers: any timm model, or the filter bank.

timm is imported where a model is built: it brings torchvision and torch's compiler, two seconds and
120 MB a process that the filter bank does not need.

Shapes: B images, C channels, H x W positions.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from mfrnet.filter_bank import NUM_LAYERS, FilterBank
from mfrnet.settings import BackboneSettings
from mfrnet.weights import LocalWeights

FILTER_BANK = "filter_bank"
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class LayerInfo:
    """One feature layer of a backbone."""

    index: int
    name: str
    num_channels: int
    stride_px: int


class Backbone(nn.Module):
    """Images in, the chosen feature layers out; no gradients, always in evaluation mode."""

    mean_1C11: Tensor
    std_1C11: Tensor

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[LayerInfo],
        mean: Sequence[float],
        std: Sequence[float],
        options: dict[str, Any],
    ) -> None:
        """Args:
        network: Returns one ``BCHW`` tensor a layer.
        layers: What the network returns, in order.
        mean: Per colour channel, on the scale [0, 1].
        std: Likewise.
        options: What the model was created with, beyond its name; needed to build it again.
        """
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self.layers = tuple(layers)
        self.options = options
        self.register_buffer("mean_1C11", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std_1C11", torch.tensor(std).view(1, 3, 1, 1))

    @torch.inference_mode()
    def forward(self, images_BHWC: Tensor) -> list[Tensor]:
        """Features of a batch.

        Args:
            images_BHWC: uint8 RGB.

        Returns:
            One float32 ``BCHW`` tensor a layer, each at its own stride.
        """
        scaled = images_BHWC.to(self.mean_1C11.device).permute(0, 3, 1, 2).float() / 255
        return [layer.float() for layer in self.network((scaled - self.mean_1C11) / self.std_1C11)]

    @property
    def num_parameters(self) -> int:
        """Parameters of the network, up to the last layer that is used."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def train(self, mode: bool = True) -> "Backbone":
        """Stay in evaluation mode whatever is asked: the backbone is frozen."""
        del mode
        return super().train(False)


def check_layers(settings: BackboneSettings) -> tuple[LayerInfo, ...]:
    """The chosen layers, found without any weights.

    Raises:
        ValueError: No such backbone or layer, or the backbone cannot return features.
    """
    return _choose(_describe(settings.backbone), settings)


def load_backbone(settings: BackboneSettings, weights: LocalWeights | None = None) -> Backbone:
    """Build a backbone with its weights.

    Args:
        settings: Which model and layers.
        weights: A local file; None takes timm's pre-trained weights, from its cache or the hub.

    Raises:
        ValueError: No such backbone or layer, or the weights do not fit it.
        OSError: Pre-trained weights are wanted and can neither be found nor downloaded.
    """
    if settings.backbone == FILTER_BANK:
        return empty_backbone(settings, {})
    layers = check_layers(settings)
    model = load_network(settings.backbone, weights, **_features(layers))
    return _wrap(model, layers, weights.options if weights else {})


def load_network(name: str, weights: LocalWeights | None = None, **arguments: Any) -> nn.Module:
    """Build a timm model with its weights, as ``load_backbone`` does before it wraps the model.

    Args:
        name: Of the model.
        weights: A local file; its model options win over ``arguments``. None takes timm's own weights.
        arguments: For ``timm.create_model``, e.g. ``features_only`` and ``out_indices``.

    Raises:
        ValueError: No such model, or the weights do not fit it.
        OSError: Pre-trained weights are wanted and can neither be found nor downloaded.
    """
    model: nn.Module
    if weights is None:
        model = _create(name, pretrained=True, **arguments)
        return model
    state = weights.state_dict()
    arguments |= weights.options.get("model", {})
    model = _create(name, pretrained=False, **arguments)
    try:
        if set(model.state_dict()) <= set(state):
            model.load_state_dict(state, strict=False)
            return model
        _check_names(name, weights, state)
        # timm renames many networks when it wraps them for features, and can load before it does.
        model = _create(name, pretrained=True, pretrained_cfg_overlay={"state_dict": state}, **arguments)
        return model
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{weights.path}: does not fit backbone {name!r}: {reason}") from error


def empty_backbone(settings: BackboneSettings, options: dict[str, Any]) -> Backbone:
    """Build a backbone around a network that still waits for its weights.

    Args:
        settings: Which model and layers.
        options: ``mean``, ``std`` and ``model`` (arguments of the model), each optional.
    """
    layers = check_layers(settings)
    if settings.backbone == FILTER_BANK:
        network = FilterBank(tuple(layer.index for layer in layers))
        return Backbone(network, layers, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), {})
    model = _create(settings.backbone, pretrained=False, **_features(layers), **options.get("model", {}))
    return _wrap(model, layers, options)


def _features(layers: Sequence[LayerInfo]) -> dict[str, Any]:
    return {"features_only": True, "out_indices": sorted(layer.index for layer in layers)}


def _wrap(model: nn.Module, layers: Sequence[LayerInfo], options: dict[str, Any]) -> Backbone:
    config = getattr(model, "pretrained_cfg", None) or {}
    mean = options.get("mean") or config.get("mean") or _IMAGENET_MEAN
    std = options.get("std") or config.get("std") or _IMAGENET_STD
    by_depth = sorted(layer.index for layer in layers)
    return Backbone(_Reordered(model, [by_depth.index(layer.index) for layer in layers]), layers, mean, std, options)


class _Reordered(nn.Module):
    """timm returns layers by depth; the settings may name them in another order."""

    def __init__(self, model: nn.Module, order: Sequence[int]) -> None:
        super().__init__()
        self.model, self.order = model, list(order)

    def forward(self, images_BCHW: Tensor) -> list[Tensor]:
        features = self.model(images_BCHW)
        return [features[position] for position in self.order]


def _check_names(backbone: str, weights: LocalWeights, state: dict[str, Tensor]) -> None:
    import timm

    with torch.device("meta"):
        whole = timm.create_model(backbone, pretrained=False, **weights.options.get("model", {}))
    head = whole.pretrained_cfg.get("classifier") or ()
    heads = (head,) if isinstance(head, str) else tuple(head)
    missing = [
        name for name in whole.state_dict() if name not in state and not name.startswith(tuple(f"{h}." for h in heads))
    ]
    if missing:
        raise ValueError(
            f"{weights.path}: does not fit backbone {backbone!r}: {len(missing)} tensors are missing, "
            f"first {missing[0]!r}; right would be timm's own names for this model."
        )


def _describe(backbone: str) -> list[LayerInfo]:
    if backbone == FILTER_BANK:
        channels = FilterBank((0,)).num_channels
        return [LayerInfo(index, f"scale{index}", channels, 2 ** (index + 1)) for index in range(NUM_LAYERS)]
    with torch.device("meta"):
        info = _create(backbone, pretrained=False, features_only=True).feature_info.get_dicts()
    return [
        # A vision transformer lists its last blocks only, under their own numbers.
        LayerInfo(int(layer.get("index", position)), str(layer["module"]), layer["num_chs"], layer["reduction"])
        for position, layer in enumerate(info)
    ]


def _choose(known: Sequence[LayerInfo], settings: BackboneSettings) -> tuple[LayerInfo, ...]:
    by_key: dict[int | str, LayerInfo] = {layer.index: layer for layer in known}
    by_key |= {layer.name: layer for layer in known}
    for asked in settings.layers:
        if asked not in by_key:
            names = ", ".join(f"{layer.index} or {layer.name!r} (stride {layer.stride_px})" for layer in known)
            raise ValueError(f"Backbone {settings.backbone!r} has no layer {asked!r}; right would be {names}.")
    return tuple(by_key[asked] for asked in settings.layers)


def _create(backbone: str, **options: Any) -> Any:
    import timm

    try:
        return timm.create_model(backbone, **options)
    except OSError:
        raise
    except Exception as error:
        if timm.is_model(backbone.split(".")[0]):
            logging.getLogger(__name__).debug("timm refused %s", backbone, exc_info=error)
            lacking = "cannot return feature layers" if options.get("features_only") else "cannot be built"
            raise ValueError(f"Backbone {backbone!r} {lacking}: {error}") from error
        near = get_close_matches(backbone, [FILTER_BANK, *timm.list_models()], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"Unknown backbone {backbone!r}.{hint} Right would be {FILTER_BANK!r} or a name from timm.list_models()."
        ) from error
