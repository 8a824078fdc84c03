"""Features of many images, layer by layer, in memory or memory-mapped.

Shapes: N images of a set, B of a batch, C channels, H x W positions of a layer.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mfrnet.backbone import Backbone
from mfrnet.disk_rows import release


class FeatureStack:
    """The layers of N images, each at its own stride; only the images of a batch are read.

    >>> stack = FeatureStack([np.zeros((4, 3, 8, 8), np.float16)], image_size_px=(64, 64))
    >>> len(stack), stack.channels, stack.batch([0, 2])[0].shape
    (4, [3], torch.Size([2, 3, 8, 8]))
    """

    def __init__(
        self,
        layers_NCHW: Sequence[NDArray[Any]],
        image_size_px: tuple[int, int],
        rows: Sequence[int] | None = None,
    ) -> None:
        """Args:
        layers_NCHW: One float array or memory map per layer; equal N.
        image_size_px: Height and width of the images that the features describe.
        rows: The images of the arrays that belong to the stack, in order; None for all.
        """
        self.layers_NCHW = list(layers_NCHW)
        self.image_size_px = image_size_px
        self._rows = np.arange(len(layers_NCHW[0])) if rows is None else np.asarray(rows, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def channels(self) -> list[int]:
        """Channels of each layer."""
        return [layer.shape[1] for layer in self.layers_NCHW]

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        """Float32 ``BCHW`` of some images, one tensor per layer."""
        order = self._rows[np.asarray(indices, dtype=np.int64)]
        batch = [torch.from_numpy(np.asarray(layer[order], dtype=np.float32)) for layer in self.layers_NCHW]
        for layer in self.layers_NCHW:
            release(layer)
        return batch

    def batch_at(self, start: int, batch_size: int) -> list[Tensor]:
        """At most ``batch_size`` successive images from position ``start`` on, as ``batch`` gives them."""
        return self.batch(range(start, min(start + batch_size, len(self))))


def extract_features(
    backbone: Backbone,
    batches_BHWC: Iterable[NDArray[np.uint8]],
    num_images: int,
) -> FeatureStack:
    """Run the backbone over images once.

    Args:
        backbone: From ``load_backbone``.
        batches_BHWC: uint8 RGB batches of one image size.
        num_images: Number of images in all batches together, at least 1.

    Raises:
        ValueError: The batches hold no image, or another number than ``num_images``.

    >>> from mfrnet import BackboneSettings, load_backbone
    >>> backbone = load_backbone(BackboneSettings(backbone="filter_bank", layers=(1, 2)))
    >>> stack = extract_features(backbone, [np.zeros((2, 32, 32, 3), np.uint8)], num_images=2)
    >>> [layer.shape for layer in stack.layers_NCHW]
    [(2, 57, 8, 8), (2, 57, 4, 4)]
    """
    layers: list[NDArray[Any]] = []
    size, done = (0, 0), 0
    for images_BHWC in batches_BHWC:
        features = stored_features(backbone, images_BHWC)
        if not layers:
            size = (images_BHWC.shape[1], images_BHWC.shape[2])
            layers = [np.empty((num_images, *layer.shape[1:]), layer.dtype) for layer in features]
        for array, layer in zip(layers, features, strict=True):
            array[done : done + len(layer)] = layer
        done += len(images_BHWC)
    if done != num_images or done == 0:
        raise ValueError(
            f"num_images: expected the number of images in the batches and at least 1, "
            f"got {num_images} for {done} images."
        )
    return FeatureStack(layers, size)


def stored_features(backbone: Backbone, images_BHWC: NDArray[np.uint8]) -> list[NDArray[np.float16]]:
    """Features of a batch as a stack keeps them: one float16 ``BCHW`` array per layer.

    float16 needs half the memory of float32; its rounding (1 part in 2,000) is far below the spread of any feature.

    >>> from mfrnet import BackboneSettings, load_backbone
    >>> backbone = load_backbone(BackboneSettings(backbone="filter_bank", layers=(1,)))
    >>> stored_features(backbone, np.zeros((2, 32, 32, 3), np.uint8))[0].shape
    (2, 57, 8, 8)
    """
    layers_BCHW = backbone(torch.from_numpy(np.ascontiguousarray(images_BHWC)))
    return [layer_BCHW.cpu().numpy().astype(np.float16) for layer_BCHW in layers_BCHW]
