"""Slow, literal versions of what the harness computes fast."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Pixel = tuple[int, int]


def regions_by_flood_fill(mask_HW: NDArray[np.bool_]) -> list[list[Pixel]]:
    """The 8-connected regions of a mask, each a list of its pixels."""
    unseen = {(int(row), int(column)) for row, column in np.argwhere(mask_HW)}
    regions = []
    while unseen:
        front = [unseen.pop()]
        region = []
        while front:
            row, column = front.pop()
            region.append((row, column))
            near = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & unseen
            unseen -= near
            front.extend(near)
        regions.append(region)
    return regions


def aupro_by_loop(maps: Sequence[NDArray[np.floating]], masks: Sequence[NDArray[np.bool_]], max_fpr: float) -> float:
    """AUPRO by trying every distinct score as threshold, in rational arithmetic.

    Bergmann et al., "The MVTec Anomaly Detection Dataset" (IJCV 2021), section 4.
    """
    normals = [score for map_HW, mask_HW in zip(maps, masks, strict=True) for score in map_HW[~mask_HW]]
    regions = [
        [map_HW[pixel] for pixel in region]
        for map_HW, mask_HW in zip(maps, masks, strict=True)
        for region in regions_by_flood_fill(mask_HW)
    ]
    levels = {score for map_HW in maps for score in map_HW.flat}
    return _area_under_curve(normals, [(region, len(region)) for region in regions], levels, max_fpr)


def spro_by_loop(
    maps: Sequence[NDArray[np.floating]],
    regions: Sequence[Sequence[tuple[NDArray[np.bool_], float]]],
    max_fpr: float,
) -> float:
    """sPRO by trying every distinct score as threshold, in rational arithmetic.

    Bergmann et al., "Beyond Dents and Scratches" (IJCV 2022), section 4.2.
    """
    normals = [
        map_HW[pixel]
        for map_HW, own in zip(maps, regions, strict=True)
        for pixel in np.ndindex(map_HW.shape)
        if not any(mask_HW[pixel] for mask_HW, _ in own)
    ]
    areas = [
        (list(map_HW[mask_HW]), saturation)
        for map_HW, own in zip(maps, regions, strict=True)
        for mask_HW, saturation in own
    ]
    return _area_under_curve(normals, areas, {score for map_HW in maps for score in map_HW.flat}, max_fpr)


def _area_under_curve(
    normals: Sequence[float], regions: Sequence[tuple[Sequence[float], float]], levels: set[float], max_fpr: float
) -> float:
    """Area under mean overlap over false positive rate; a region is its scores and the area that suffices."""
    curve = [(Fraction(0), Fraction(0))]
    for threshold in sorted(levels, reverse=True):
        false_positive_rate = Fraction(sum(bool(score >= threshold) for score in normals), len(normals))
        overlaps = [
            min(sum(bool(score >= threshold) for score in scores) / Fraction(area), Fraction(1))
            for scores, area in regions
        ]
        curve.append((false_positive_rate, sum(overlaps, Fraction(0)) / len(overlaps)))

    limit = Fraction(max_fpr)
    area = Fraction(0)
    for (left, low), (right, high) in pairwise(curve):
        if left >= limit:
            break
        if right > limit:
            high = low + (high - low) * (limit - left) / (right - left)
            right = limit
        area += (right - left) * (low + high) / 2
    return float(area / limit)
