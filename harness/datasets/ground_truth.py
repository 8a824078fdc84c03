"""Masks of a sample to arrays: several files of one image become one ground truth, or its regions.

Shapes: H height, W width, of one image.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from harness.datasets._base import Sample, Saturation
from harness.errors import DataError
from harness.images import largest_grey, read_mask, resize_mask


def read_ground_truth(sample: Sample, threshold: int) -> NDArray[np.bool_]:
    """What any mask of a sample marks, at the image's own size.

    Args:
        sample: One that has a mask.
        threshold: 0 to 254; a pixel is a defect when its grey value is above this. Masks that hold
            labels have a threshold of their own: 0.

    Returns:
        ``(H, W)``, True on defect pixels; moved as a corruption of the sample moves its image.

    Raises:
        DataError: A file is missing or damaged, or two masks differ in size.
    """
    masks = [read_mask(path, sample.mask_threshold(threshold)) for path in sample.masks]
    for path, mask_HW in zip(sample.masks, masks, strict=True):
        if mask_HW.shape != masks[0].shape:
            raise DataError(
                f"{path}: has {mask_HW.shape[0]} x {mask_HW.shape[1]} pixels (height x width), {sample.masks[0]} has "
                f"{masks[0].shape[0]} x {masks[0].shape[1]}; masks of one image must be of one size."
            )
    return _moved(reduce(np.logical_or, masks), sample)


def read_regions(
    sample: Sample, saturations: Sequence[Saturation], size_px: tuple[int, int]
) -> list[tuple[NDArray[np.bool_], float]]:
    """Each mask of a sample as a region of its own, with the area that suffices to find it.

    Absolute areas count pixels of the original image; they shrink with the region when it is
    resized. A region that vanishes there, or that a corruption moves out of sight, is left out.

    Args:
        sample: Any; a normal image has no region.
        saturations: Of the sample's split; one for the grey value of each of its masks.
        size_px: Height and width wanted.

    Returns:
        ``(mask, saturation area)``: ``size_px``, True on defect pixels; pixels, above 0 and at most
        the region's own area.

    Raises:
        DataError: A file is missing or damaged, or its grey value is that of no saturation.
    """
    known = {saturation.pixel_value: saturation for saturation in saturations}
    regions: list[tuple[NDArray[np.bool_], float]] = []
    for path in sample.masks:
        value = largest_grey(path)
        if value not in known:
            values = ", ".join(str(value) for value in sorted(known))
            raise DataError(f"{path}: expected one of the grey values {values}, got {value}.")
        mask_HW = read_mask(path, 0)
        area = int(np.count_nonzero(mask_HW))
        resized_HW = resize_mask(_moved(mask_HW, sample), size_px)
        if (resized_area := int(np.count_nonzero(resized_HW))) > 0:
            # Rounding must not lift it above the region.
            saturation_area = min(_saturation_area(known[value], area) * resized_area / area, resized_area)
            regions.append((resized_HW, saturation_area))
    return regions


def _moved(mask_HW: NDArray[np.bool_], sample: Sample) -> NDArray[np.bool_]:
    return mask_HW if sample.corruption is None else sample.corruption.moved(mask_HW)


def _saturation_area(saturation: Saturation, area: int) -> float:
    # As the evaluation code of the data set has it: a fraction is rounded down to whole pixels.
    pixels = int(saturation.threshold * area) if saturation.is_relative else saturation.threshold
    return float(min(max(pixels, 1), area))
