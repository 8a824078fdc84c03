"""The maps of a cell beside the ground truth of their images, at the size where the protocol compares them.

Shapes: Y x X pixels of one image where its map meets its mask.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from harness.cells.map_file import MapFile
from harness.config.protocol import Protocol
from harness.datasets import Sample, Split
from harness.datasets.ground_truth import read_ground_truth, read_regions
from harness.framing import at_resolution
from harness.images import resize_mask
from harness.metrics.spro import MapsAndRegions, Regions


def with_masks(
    maps: MapFile, samples: Sequence[Sample], protocol: Protocol
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Each map with the mask of its image, in order."""
    for map_YX, sample in zip(maps, samples, strict=True):
        scored_YX = at_resolution(map_YX, sample.image, protocol)
        yield scored_YX, mask_of(sample, _size_of(scored_YX), protocol)


def regions_of_kinds(maps: MapFile, split: Split, protocol: Protocol) -> list[MapsAndRegions]:
    """For each kind of defect, what ``spro`` takes: the maps of its images and of all normal images.

    One entry with all images where the authors of the data set do not tell the kinds apart.
    """

    def with_regions(kind: str | None) -> Iterator[tuple[NDArray[np.float32], Regions]]:
        for map_YX, sample in zip(maps, split.test, strict=True):
            if kind is None or not sample.is_defect or sample.defect_kind == kind:
                scored_YX = at_resolution(map_YX, sample.image, protocol)
                yield scored_YX, read_regions(sample, split.saturations, _size_of(scored_YX))

    if not split.spro_by_kind:
        return [partial(with_regions, None)]
    kinds = sorted({sample.defect_kind for sample in split.test if sample.is_defect})
    return [partial(with_regions, kind) for kind in kinds]


def mask_of(sample: Sample, size_px: tuple[int, int], protocol: Protocol) -> NDArray[np.bool_]:
    """The ground truth of an image at ``size_px``: True on defect pixels, all False for a normal image."""
    if not sample.is_defect or sample.mask is None:
        return np.zeros(size_px, np.bool_)
    return resize_mask(read_ground_truth(sample, protocol.mask_threshold), size_px)


def _size_of(map_YX: NDArray[np.float32]) -> tuple[int, int]:
    height, width = map_YX.shape
    return height, width
