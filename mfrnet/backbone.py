"""A frozen backbone that maps images to feature layers: any timm model, or the filter bank.

Shapes: B images, C channels, H x W positions.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import timm
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
    options = weights.options if weights else {}
    backbone = empty_backbone(settings, options, pretrained=weights is None)
    if weights is not None:
        missing, _ = _timm_model(backbone).load_state_dict(weights.state_dict(), strict=False)
        if missing:
            raise ValueError(
                f"{weights.path}: does not fit backbone {settings.backbone!r}: {len(missing)} tensors are missing, "
                f"first {missing[0]!r}; right would be timm's own names for this model."
            )
    return backbone


def empty_backbone(settings: BackboneSettings, options: dict[str, Any], pretrained: bool = False) -> Backbone:
    """Build a backbone around a network that still waits for its weights.

    Args:
        settings: Which model and layers.
        options: ``mean``, ``std`` and ``model`` (arguments of the model), each optional.
        pretrained: Take timm's own weights after all.
    """
    layers = check_layers(settings)
    indices = [layer.index for layer in layers]
    if settings.backbone == FILTER_BANK:
        return Backbone(FilterBank(tuple(indices)), layers, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), {})
    model = _create(settings.backbone, out_indices=sorted(indices), pretrained=pretrained, **options.get("model", {}))
    config = getattr(model, "pretrained_cfg", None) or {}
    mean = options.get("mean") or config.get("mean") or _IMAGENET_MEAN
    std = options.get("std") or config.get("std") or _IMAGENET_STD
    order = [sorted(indices).index(index) for index in indices]
    return Backbone(_Reordered(model, order), layers, mean, std, options)


class _Reordered(nn.Module):
    """timm returns layers by depth; the settings may name them in another order."""

    def __init__(self, model: nn.Module, order: Sequence[int]) -> None:
        super().__init__()
        self.model, self.order = model, list(order)

    def forward(self, images_BCHW: Tensor) -> list[Tensor]:
        features = self.model(images_BCHW)
        return [features[position] for position in self.order]


def _timm_model(backbone: Backbone) -> nn.Module:
    assert isinstance(backbone.network, _Reordered)
    return backbone.network.model


def _describe(backbone: str) -> list[LayerInfo]:
    if backbone == FILTER_BANK:
        channels = FilterBank((0,)).num_channels
        return [LayerInfo(index, f"scale{index}", channels, 2 ** (index + 1)) for index in range(NUM_LAYERS)]
    with torch.device("meta"):
        info = _create(backbone, pretrained=False).feature_info.get_dicts()
    return [
        LayerInfo(index, str(layer["module"]), int(layer["num_chs"]), int(layer["reduction"]))
        for index, layer in enumerate(info)
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
    try:
        return timm.create_model(backbone, features_only=True, **options)
    except OSError:
        raise
    except Exception as error:
        if timm.is_model(backbone.split(".")[0]):
            logging.getLogger(__name__).debug("timm refused %s", backbone, exc_info=error)
            raise ValueError(f"Backbone {backbone!r} cannot return feature layers: {error}") from error
        raise ValueError(
            f"Unknown backbone {backbone!r}; right would be {FILTER_BANK!r} or a name from timm.list_models()."
        ) from error
