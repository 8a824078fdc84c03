"""A cell's maps beside what is known of their images.

Shapes: B images, H x W pixels of the scoring resolution.
"""

from collections.abc import Iterator, Sequence
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from harness.config.protocol import Protocol
from harness.datasets import Sample, Split
from harness.datasets.ground_truth import read_ground_truth, read_regions
from harness.images import ImageSet, resize_mask
from harness.metrics.spro import spro


def with_masks(
    maps_BHW: NDArray[np.float32], samples: Sequence[Sample], images: ImageSet, protocol: Protocol
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Each map with the mask of its image, in order."""
    for map_HW, sample in zip(maps_BHW, samples, strict=True):
        yield map_HW, mask_of(sample, images.size_px, protocol)


def saturated_overlap(maps_BHW: NDArray[np.float32], split: Split, size_px: tuple[int, int]) -> float:
    """The mean of sPRO over kinds: each of them beside the normal images, one kind at a time."""

    def of(kind: str) -> float:
        chosen = [row for row, sample in enumerate(split.test) if not sample.is_defect or sample.defect_kind == kind]
        return spro(
            lambda: ((maps_BHW[row], read_regions(split.test[row], split.saturations, size_px)) for row in chosen)
        )

    return mean(of(kind) for kind in sorted({sample.defect_kind for sample in split.test if sample.is_defect}))


def mask_of(sample: Sample, size_px: tuple[int, int], protocol: Protocol) -> NDArray[np.bool_]:
    """The ground truth of an image at the scoring resolution; nothing marked for a normal image."""
    if not sample.is_defect or sample.mask is None:
        return np.zeros(size_px, np.bool_)
    return resize_mask(read_ground_truth(sample, protocol.mask_threshold), size_px)
