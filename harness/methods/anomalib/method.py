"""One adapter for all of anomalib's models.

Shapes: B images of a batch, H x W pixels, C colours.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from harness.errors import DataError, UnknownNameError
from harness.images import ImageSet
from harness.methods.anomalib.construction import (
    Built,
    backbone_options,
    build_empty,
    build_model,
    check_construction,
    pixels_of,
    settings_of,
)
from harness.methods.anomalib.installed_models import anomalib_version, model_names
from harness.methods.anomalib.model_settings import steps_of
from harness.methods.anomalib.networks import no_downloads
from harness.methods.anomalib.pixels import Pixels, nearest_size
from harness.methods.anomalib.recipes import OTHER, RECIPES, Recipe, label_of
from harness.methods.anomalib.surroundings import deterministic, interruptible, quiet, seeded
from harness.methods.anomalib.teacher import check_folders
from harness.methods.base import FitReport, MethodContext
from harness.methods.state import MethodState
from harness.phrasing import counted
from harness.regimes import KINDS, shots_of
from mfrnet import FILTER_BANK, AnomalyMaps, BackboneSettings, check_layers

_ADAPTER_VERSION = 1
"""Increased when this adapter gives other maps than before."""
_HOW_TO_INSTALL = " Not installed: pip install 'mfrnet-bench[baselines]'."
_BATCH = 16
_MIN_IMAGES = 4
_SIZE_FOR_WEIGHTS_PX = (256, 256)


class _LazySettings:
    """The settings of a model, made when they are first read, because that imports anomalib."""

    def __get__(self, instance: object, owner: "type[AnomalibMethod]") -> type[Any]:
        return settings_of(owner.model_name)


@dataclass(frozen=True)
class _Fitted:
    network: nn.Module
    pixels: Pixels
    num_parameters: int
    num_frozen_parameters: int


class AnomalibMethod:
    """A model of anomalib."""

    model_name: ClassVar[str]
    recipe: ClassVar[Recipe]
    version: ClassVar[int]
    can_be_kept: ClassVar[bool]
    regimes: ClassVar[frozenset[str]] = frozenset(KINDS)
    min_shots: ClassVar[int]
    after_training: ClassVar[frozenset[str]] = frozenset()
    Settings: ClassVar[Any] = _LazySettings()
    relative_cost: ClassVar[float]

    def __init__(self, settings: Any, context: MethodContext) -> None:
        self._settings = settings
        self._context = context
        self._fitted: _Fitted | None = None

    @classmethod
    def check(cls, settings: Any, image_size_px: tuple[int, int]) -> None:
        """Refuse an unknown layer, and everything that the model's constructor refuses."""
        if getattr(settings, "backbone", None) == FILTER_BANK:
            raise ValueError(f"backbone: expected a timm model for a model of anomalib, got {FILTER_BANK!r}.")
        layers = _layers(settings)
        if layers:
            # anomalib ignores an unknown layer without saying so.
            check_layers(BackboneSettings(backbone=settings.backbone, layers=layers))
        check_construction(cls.model_name, settings, cls._model_size(image_size_px))

    @classmethod
    def global_batch_size(cls, settings: Any, image_size_px: tuple[int, int]) -> int:
        """1: a single process."""
        del settings, image_size_px
        return 1

    @classmethod
    def num_steps(cls, settings: Any, num_images: int, image_size_px: tuple[int, int], regime: str) -> int:
        """``epochs`` passes over the images that are not held out, and at most ``steps`` where that is not 0."""
        del image_size_px, regime
        num_batches = math.ceil((num_images - cls._num_held_out(num_images)) / settings.batch_size)
        return steps_of(settings.epochs, num_batches, settings.steps)

    @classmethod
    def check_weights(cls, settings: Any, weights: Path | None) -> None:
        """Build the model with its weights, and check that the folders it reads exist."""
        check_folders(label_of(cls.model_name), settings)
        with torch.random.fork_rng(devices=[]):
            build_model(cls.model_name, settings, cls._model_size(_SIZE_FOR_WEIGHTS_PX), weights)

    def fit(self, images: ImageSet, report: FitReport) -> None:
        """Train for the epochs or steps of the settings, without test images and early stopping."""
        context, settings = self._context, self._settings
        least = _MIN_IMAGES if shots_of(context.regime) is None else self.min_shots
        if len(images) < least:
            raise DataError(f"Expected at least {counted(least, 'training image')}, got {len(images)}.")
        size_px = self._model_size(images.size_px)
        with quiet(), seeded(context.seed, context.device), deterministic(), interruptible():
            from harness.methods.anomalib.core_set import select_core_sets_fast
            from harness.methods.anomalib.fitting import Batches, TrainingData, train

            select_core_sets_fast()
            built = build_model(self.model_name, settings, size_px, context.weights)
            pixels = pixels_of(self.model_name, settings, size_px, context.weights)
            train_images, held_out = self._split(images)
            batches = Batches(train_images, pixels, settings.batch_size, context.seed)
            validation = Batches(held_out, pixels, settings.batch_size, None) if held_out is not None else None
            buffers = {name: value.clone() for name, value in built.module.named_buffers()}
            with no_downloads(label_of(self.model_name)):
                train(
                    built.module,
                    TrainingData(batches, validation, settings.batch_size),
                    epochs=settings.epochs,
                    steps=settings.steps,
                    device=context.device,
                    report=report,
                )
        network: nn.Module = built.module.model
        network = network.eval().requires_grad_(False).to(context.device)
        for value in (*network.parameters(), *network.buffers()):
            # As a file restores them: matrix products can differ in the last bit with the order of their operands.
            value.data = value.data.contiguous()
        num_parameters, num_frozen = _count(built, buffers)
        self._fitted = _Fitted(network, pixels, num_parameters, num_frozen)

    def score(self, images: ImageSet) -> Iterator[AnomalyMaps]:
        """Score the images batch by batch."""
        for batch in images.batches(_BATCH):
            yield self.judge(batch)

    def judge(self, images_BHWC: NDArray[np.uint8]) -> AnomalyMaps:
        """The model's own map and score.

        A missing map is filled with the score; a missing score is the maximum of the map.
        """
        assert self._fitted is not None, "fit comes first"
        pixels_BCHW = self._fitted.pixels(torch.from_numpy(images_BHWC)).to(self._context.device)
        with quiet(), torch.inference_mode():
            maps_BHW, scores_B = _maps_and_scores(self._fitted.network, pixels_BCHW, images_BHWC.shape[1:3])
        return AnomalyMaps(_as_array(maps_BHW), _as_array(scores_B))

    def network(self) -> nn.Module:
        """The conversion of pixels, anomalib's own network, and its map at the size of the image."""
        assert self._fitted is not None, "fit comes first"
        return _Whole(self._fitted)

    def state(self) -> MethodState:
        """The state of the model with all its networks, and how images become its input."""
        fitted = self._fitted
        assert fitted is not None, "fit comes first"
        # Cloned: safetensors refuses tensors that share memory.
        tensors = {
            name: value.detach().cpu().clone().contiguous() for name, value in fitted.network.state_dict().items()
        }
        values = {
            "pixels": asdict(fitted.pixels),
            "backbone_options": backbone_options(self._settings, self._context.weights),
            "num_parameters": fitted.num_parameters,
            "num_frozen_parameters": fitted.num_frozen_parameters,
        }
        return MethodState(tensors=tensors, values=values)

    def restore(self, state: MethodState) -> None:
        """Build the model without weights and load its state."""
        values = state.values
        pixels = Pixels(**{name: tuple(value) for name, value in values["pixels"].items()})
        module = build_empty(self.model_name, self._settings, pixels.size_px, values["backbone_options"])
        network: nn.Module = module.model
        with quiet():
            network.load_state_dict(dict(state.tensors))
        network = network.eval().requires_grad_(False).to(self._context.device)
        self._fitted = _Fitted(network, pixels, values["num_parameters"], values["num_frozen_parameters"])

    @property
    def num_parameters(self) -> int:
        """Number of trained parameters and of fitted values, such as those of a memory bank."""
        assert self._fitted is not None, "fit comes first"
        return self._fitted.num_parameters

    @property
    def num_frozen_parameters(self) -> int:
        """Number of parameters of the pre-trained networks that stay frozen."""
        assert self._fitted is not None, "fit comes first"
        return self._fitted.num_frozen_parameters

    @classmethod
    def _model_size(cls, image_size_px: tuple[int, int]) -> tuple[int, int]:
        return nearest_size(image_size_px, cls.recipe.multiple_px, cls.recipe.smallest_px)

    @classmethod
    def _num_held_out(cls, num_images: int) -> int:
        share = cls.recipe.held_out_share
        return max(1, round(share * num_images)) if share else 0

    def _split(self, images: ImageSet) -> tuple[ImageSet, ImageSet | None]:
        count = self._num_held_out(len(images))
        if not count:
            return images, None
        order = np.random.default_rng(self._context.seed).permutation(len(images))
        return images.select(sorted(order[count:])), images.select(sorted(order[:count]))


@cache
def make_method(name: str) -> type[AnomalibMethod]:
    """Make the method for one model.

    Its version combines the version of the adapter with the major and minor version of anomalib (10207:
    adapter 1, anomalib 2.7), so that cells of different releases of anomalib are different cells.

    Args:
        name: As ``anomalib.models.get_model`` takes it.

    Raises:
        UnknownNameError: The installed anomalib has no such image model.
    """
    installed = anomalib_version()
    if installed is not None and name not in model_names():
        raise UnknownNameError.of("model of anomalib", name, model_names())
    recipe = RECIPES.get(name, OTHER)
    major, minor = installed or (0, 0)
    return type(
        f"{name.title().replace('_', '')}Method",
        (AnomalibMethod,),
        {
            "__doc__": f"{recipe.summary}.{_HOW_TO_INSTALL if installed is None else ''}",
            "__module__": __name__,
            "model_name": name,
            "recipe": recipe,
            "can_be_kept": recipe.can_be_kept,
            "min_shots": recipe.min_shots,
            "version": 10_000 * _ADAPTER_VERSION + 100 * major + minor,
            "relative_cost": recipe.relative_cost,
        },
    )


def _layers(settings: Any) -> tuple[str, ...]:
    names = {each.name for each in fields(settings)}
    if "backbone" not in names or not names & {"layer", "layers"}:
        return ()
    layers = settings.layers if "layers" in names else (settings.layer,)
    return tuple(layers or ()) if all(isinstance(layer, str) for layer in layers or ()) else ()


def _count(built: Built, buffers_before: dict[str, Tensor]) -> tuple[int, int]:
    """Number of learned and of frozen values."""
    kept = {id(value) for network in built.frozen for value in [*network.parameters(), *network.buffers()]}
    learned = sum(value.numel() for value in built.module.parameters() if id(value) not in kept)
    for name, value in built.module.named_buffers():
        before = buffers_before.get(name)
        if id(value) in kept or not value.is_floating_point():
            continue
        if before is None or before.shape != value.shape or not torch.equal(before.to(value.device), value):
            learned += value.numel()
    return learned, sum(value.numel() for network in built.frozen for value in network.parameters())


class _Whole(nn.Module):
    def __init__(self, fitted: _Fitted) -> None:
        super().__init__()
        self._pixels, self._network = fitted.pixels, fitted.network

    def forward(self, images_BHW3: Tensor) -> tuple[Tensor, Tensor]:
        height, width = images_BHW3.shape[1:3]
        return _maps_and_scores(self._network, self._pixels(images_BHW3), (height, width))


def _maps_and_scores(network: nn.Module, pixels_BCHW: Tensor, size_px: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    predicted = network(pixels_BCHW)
    # `len` of a tensor would fix the batch size of an export.
    count = pixels_BCHW.shape[0]
    map_, score = predicted.anomaly_map, predicted.pred_score
    if map_ is None:
        maps_BHW = score.reshape(count, 1, 1).expand(count, *size_px)
    else:
        maps_B1HW = map_.float().reshape(count, 1, *map_.shape[-2:])
        if maps_B1HW.shape[-2:] != size_px:
            maps_B1HW = F.interpolate(maps_B1HW, size_px, mode="bilinear", align_corners=False)
        maps_BHW = maps_B1HW.squeeze(1)
    return maps_BHW, maps_BHW.flatten(1).amax(1) if score is None else score.reshape(count)


def _as_array(values: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.float().cpu().contiguous().numpy()
    return array
