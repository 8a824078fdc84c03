"""A frozen backbone that maps images to feature layers: any timm model, or the filter bank.

timm is imported where a model is built, because it imports torchvision and torch's compiler: two seconds and 120 MB
per process, which the filter bank does not need.

Shapes: B images, C channels, H x W positions.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from mfrnet.filter_bank import NUM_LAYERS, FilterBank
from mfrnet.settings import BackboneSettings
from mfrnet.weights import LocalWeights, check_options

FILTER_BANK = "filter_bank"
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class LayerInfo:
    """One feature layer of a backbone.

    >>> LayerInfo(index=1, name="layer1", num_channels=64, stride_px=4).stride_px
    4
    """

    index: int
    name: str
    num_channels: int
    stride_px: int
    """Image pixels per position along each axis."""


class Backbone(nn.Module):
    """Maps images to the chosen feature layers, without gradients and always in evaluation mode.

    >>> backbone = load_backbone(BackboneSettings(backbone="filter_bank", layers=(1, 2)))
    >>> [tuple(layer.shape) for layer in backbone(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))]
    [(1, 57, 16, 16), (1, 57, 8, 8)]
    """

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
        network: Returns one ``BCHW`` tensor per layer.
        layers: The layers that the network returns, in order.
        mean: Mean of each colour channel in the images that the weights were trained on, in [0, 1].
        std: Standard deviation of each colour channel in those images.
        options: Arguments beyond the name with which the model was created; needed to build it again.
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
            One float32 ``BCHW`` tensor per layer, each at its own stride.
        """
        return self.layers_of(images_BHWC)

    def layers_of(self, images_BHWC: Tensor) -> list[Tensor]:
        """``forward`` outside of inference mode, which an export cannot trace."""
        scaled = images_BHWC.to(self.mean_1C11.device).permute(0, 3, 1, 2).float() / 255
        return [layer.float() for layer in self.network((scaled - self.mean_1C11) / self.std_1C11)]

    @property
    def num_parameters(self) -> int:
        """Number of parameters of the network, up to the last layer that is used."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def train(self, mode: bool = True) -> "Backbone":
        """Stay in evaluation mode whatever ``mode`` is, because the backbone is frozen."""
        del mode
        return super().train(False)


def check_layers(settings: BackboneSettings) -> tuple[LayerInfo, ...]:
    """The chosen layers, found without loading weights.

    Raises:
        ValueError: The backbone or a layer is unknown, or the backbone cannot return features.

    >>> [layer.name for layer in check_layers(BackboneSettings(backbone="filter_bank", layers=(1, 2)))]
    ['scale1', 'scale2']
    """
    return _choose(_describe(settings.backbone), settings)


def load_backbone(settings: BackboneSettings, weights: LocalWeights | None = None) -> Backbone:
    """Build a backbone with its weights.

    Args:
        settings: Model and layers.
        weights: A local file; None for timm's pre-trained weights, from its cache or the hub.

    Raises:
        ValueError: The backbone or a layer is unknown, or the weights do not fit it.
        OSError: timm's pre-trained weights are neither in its cache nor can they be downloaded.

    >>> load_backbone(BackboneSettings(backbone="filter_bank")).num_parameters
    0
    """
    if settings.backbone == FILTER_BANK:
        return empty_backbone(settings, {})
    layers = check_layers(settings)
    model = load_network(settings.backbone, weights, **_features(layers))
    return _wrap(model, layers, weights.options if weights else {})


def load_network(name: str, weights: LocalWeights | None = None, **arguments: Any) -> nn.Module:
    """Build a timm model with its weights, as ``load_backbone`` does before it wraps the model.

    Args:
        name: Name of the model in timm.
        weights: A local file, whose model options override ``arguments``; None for timm's pre-trained weights.
        arguments: Keyword arguments of ``timm.create_model``, e.g. ``features_only`` and ``out_indices``.

    Raises:
        ValueError: The model is unknown, or the weights do not fit it.
        OSError: timm's pre-trained weights are neither in its cache nor can they be downloaded.

    >>> load_network("unheard_of")
    Traceback (most recent call last):
    ValueError: Unknown backbone 'unheard_of'. Expected 'filter_bank' or a name from timm.list_models().
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
        # timm renames the tensors of many networks when it wraps them for features; it can load before it does so.
        model = _create(name, pretrained=True, pretrained_cfg_overlay={"state_dict": state}, **arguments)
        return model
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{weights.path}: does not fit backbone {name!r}: {reason}") from error


def empty_backbone(settings: BackboneSettings, options: dict[str, Any]) -> Backbone:
    """Build a backbone whose weights are still to be loaded.

    Args:
        settings: Model and layers.
        options: ``mean``, ``std`` and ``model`` (arguments of the model), each optional.

    Raises:
        ValueError: The backbone or a layer is unknown, or these are no options.
    """
    check_options(options)
    layers = check_layers(settings)
    if settings.backbone == FILTER_BANK:
        network = FilterBank(tuple(layer.index for layer in layers))
        return Backbone(network, layers, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), {})
    model = _create(settings.backbone, pretrained=False, **_features(layers), **options.get("model", {}))
    return _wrap(model, layers, options)


def backbone_of(tensors: Mapping[str, Tensor], settings: BackboneSettings, options: dict[str, Any]) -> Backbone:
    """The backbone whose ``state_dict`` this is.

    Args:
        tensors: By name.
        settings: The model and its layers.
        options: As for ``empty_backbone``.

    Raises:
        ValueError: As for ``empty_backbone``, or it has other tensors; no memory is taken before this is known.

    >>> settings = BackboneSettings(backbone="filter_bank")
    >>> backbone_of(load_backbone(settings).state_dict(), settings, {}).num_parameters
    0
    """
    with torch.device("meta"):
        check_shapes(empty_backbone(settings, options), tensors)
    backbone = empty_backbone(settings, options)
    backbone.load_state_dict(dict(tensors))
    return backbone


def check_shapes(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Refuse tensors that are not those of a network, by names and shapes.

    Raises:
        ValueError: Names the first difference.

    >>> check_shapes(nn.Linear(2, 3), {"weight": torch.zeros(3, 3), "bias": torch.zeros(3)})
    Traceback (most recent call last):
    ValueError: expected 'weight' of shape (3, 2), got (3, 3)
    """
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            shapes = (str(shapes.get(name, "none")) for shapes in (expected, found))
            raise ValueError("expected {!r} of shape {}, got {}".format(name, *shapes))


def _features(layers: Sequence[LayerInfo]) -> dict[str, Any]:
    return {"features_only": True, "out_indices": sorted(layer.index for layer in layers)}


def _wrap(model: nn.Module, layers: Sequence[LayerInfo], options: dict[str, Any]) -> Backbone:
    config = getattr(model, "pretrained_cfg", None) or {}
    mean = options.get("mean") or config.get("mean") or _IMAGENET_MEAN
    std = options.get("std") or config.get("std") or _IMAGENET_STD
    by_depth = sorted(layer.index for layer in layers)
    return Backbone(_Reordered(model, [by_depth.index(layer.index) for layer in layers]), layers, mean, std, options)


class _Reordered(nn.Module):
    """Returns the layers in the order of the settings; timm returns them by depth."""

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
            f"first {missing[0]!r}; expected timm's own names for this model."
        )


def _describe(backbone: str) -> list[LayerInfo]:
    if backbone == FILTER_BANK:
        channels = FilterBank((0,)).num_channels
        return [LayerInfo(index, f"scale{index}", channels, 2 ** (index + 1)) for index in range(NUM_LAYERS)]
    with torch.device("meta"):
        info = _create(backbone, pretrained=False, features_only=True).feature_info.get_dicts()
    return [
        # A vision transformer lists only its last blocks, with their own numbers.
        LayerInfo(int(layer.get("index", position)), str(layer["module"]), layer["num_chs"], layer["reduction"])
        for position, layer in enumerate(info)
    ]


def _choose(known: Sequence[LayerInfo], settings: BackboneSettings) -> tuple[LayerInfo, ...]:
    by_key: dict[int | str, LayerInfo] = {layer.index: layer for layer in known}
    by_key |= {layer.name: layer for layer in known}
    for asked in settings.layers:
        if asked not in by_key:
            names = ", ".join(f"{layer.index} or {layer.name!r} (stride {layer.stride_px})" for layer in known)
            raise ValueError(f"Backbone {settings.backbone!r} has no layer {asked!r}; expected {names}.")
    return tuple(by_key[asked] for asked in settings.layers)


def _create(backbone: str, **options: Any) -> Any:
    import timm

    # Other names, such as hf-hub:OWNER/MODEL, would make timm open an address or a folder that a file may have chosen.
    if not timm.is_model(backbone.split(".")[0]):
        near = get_close_matches(backbone, [FILTER_BANK, *timm.list_models()], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"Unknown backbone {backbone!r}.{hint} Expected {FILTER_BANK!r} or a name from timm.list_models()."
        )
    try:
        return timm.create_model(backbone, **options)
    except OSError:
        raise
    except Exception as error:
        logging.getLogger(__name__).debug("timm refused %s", backbone, exc_info=error)
        failure = "cannot return feature layers" if options.get("features_only") else "cannot be built"
        raise ValueError(f"Backbone {backbone!r} {failure}: {error}") from error
