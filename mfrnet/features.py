"""Features of many images, layer by layer, in memory or memory-mapped.

Shapes: N images of a set, B of a batch, C channels, H x W positions of a layer.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mfrnet.backbone import Backbone

STORED_DTYPE = np.float16
"""Half the memory; its rounding (1 part in 2,000) is far below the spread of any feature."""


class FeatureStack:
    """The layers of N images, each at its own stride. Reads only what is asked for."""

    def __init__(
        self,
        layers_NCHW: Sequence[NDArray[Any]],
        image_size_px: tuple[int, int],
        rows: Sequence[int] | None = None,
    ) -> None:
        """Args:
        layers_NCHW: One float array (or memory map) a layer; equal N.
        image_size_px: Height and width of the images that the features describe.
        rows: Which images of the arrays belong to the stack, in order; all if None.
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
        """Float32 ``BCHW`` of some images, one tensor a layer."""
        order = self._rows[np.asarray(indices, dtype=np.int64)]
        return [torch.from_numpy(np.asarray(layer[order], dtype=np.float32)) for layer in self.layers_NCHW]

    def batches(self, batch_size: int) -> Iterable[list[Tensor]]:
        """All images in order, ``batch_size`` at a time."""
        for start in range(0, len(self), batch_size):
            yield self.batch(range(start, min(start + batch_size, len(self))))


def extract_features(
    backbone: Backbone,
    batches_BHWC: Iterable[NDArray[np.uint8]],
    num_images: int,
    allocate: Callable[[int, tuple[int, ...]], NDArray[Any]] | None = None,
) -> FeatureStack:
    """Run the backbone over images once.

    Args:
        backbone: Frozen.
        batches_BHWC: uint8 RGB batches of one image size, ``num_images`` in all.
        num_images: How many images come.
        allocate: Gives the array (say, a memory map) for layer number and shape; in memory if None.

    Raises:
        ValueError: No image came, or not as many as were announced.
    """
    layers: list[NDArray[Any]] = []
    size, done = (0, 0), 0
    for images in batches_BHWC:
        features = backbone(torch.from_numpy(np.ascontiguousarray(images)))
        if not layers:
            size = (images.shape[1], images.shape[2])
            shapes = [(num_images, *layer.shape[1:]) for layer in features]
            layers = [
                np.empty(shape, STORED_DTYPE) if allocate is None else allocate(number, shape)
                for number, shape in enumerate(shapes)
            ]
        for array, layer in zip(layers, features, strict=True):
            array[done : done + len(images)] = layer.cpu().numpy().astype(STORED_DTYPE)
        done += len(images)
    if done != num_images or done == 0:
        raise ValueError(f"{num_images} images were announced and {done} came; right would be at least one.")
    return FeatureStack(layers, size)
