"""Metrics of a threshold that was set before any test image was seen."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.tally import Scores


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """How the test images, or their pixels, lie around a threshold; a score above it is an alarm."""

    num_normals: int
    num_false_alarms: int
    num_defects: int
    num_found: int

    @classmethod
    def of(cls, scores_B: NDArray[np.floating], labels_B: NDArray[np.bool_], threshold: float) -> "Verdicts":
        """Count the alarms.

        Args:
            scores_B: Anomaly scores, higher is more anomalous.
            labels_B: True for an image with a defect.
            threshold: From good images alone.

        >>> Verdicts.of(np.array([0.1, 0.6, 0.9]), np.array([False, False, True]), 0.5).num_false_alarms
        1
        """
        is_alarm_B = scores_B > threshold
        return cls(
            num_normals=int((~labels_B).sum()),
            num_false_alarms=int((is_alarm_B & ~labels_B).sum()),
            num_defects=int(labels_B.sum()),
            num_found=int((is_alarm_B & labels_B).sum()),
        )


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """How the maps of the test images lie around a threshold of their pixels."""

    pixels: Verdicts
    """Of all pixels of all images."""
    images: Verdicts
    """Of the images, where one pixel above the threshold is an alarm."""

    @classmethod
    def of(
        cls,
        maps_and_masks: Iterable[tuple[Scores, NDArray[np.bool_]]],
        labels_B: NDArray[np.bool_],
        threshold: float,
    ) -> "Segmentation":
        """Count the alarms, an image at a time.

        Args:
            maps_and_masks: For each image its map (H, W), higher is more anomalous, and its mask (H, W), True on
                defect pixels.
            labels_B: True for an image with a defect.
            threshold: Of pixels, from good images alone.

        >>> maps = [np.array([[0.1, 0.2]]), np.array([[0.9, 0.6]])]
        >>> masks = [np.array([[False, False]]), np.array([[True, False]])]
        >>> found = Segmentation.of(zip(maps, masks), np.array([False, True]), 0.5)
        >>> found.pixels.num_false_alarms, found.images.num_false_alarms
        (1, 0)
        """
        highest: list[float] = []
        counts = np.zeros(4, np.int64)
        for map_HW, mask_HW in maps_and_masks:
            highest.append(float(map_HW.max()))
            of_image = Verdicts.of(map_HW, mask_HW, threshold)
            counts += (of_image.num_normals, of_image.num_false_alarms, of_image.num_defects, of_image.num_found)
        normals, false_alarms, defects, found = counts.tolist()
        return cls(
            pixels=Verdicts(num_normals=normals, num_false_alarms=false_alarms, num_defects=defects, num_found=found),
            images=Verdicts.of(np.array(highest), labels_B, threshold),
        )


def false_alarm_rate(verdicts: Verdicts) -> float:
    """Share of the normal images that raise an alarm."""
    return verdicts.num_false_alarms / verdicts.num_normals


def recall(verdicts: Verdicts) -> float:
    """Share of the defect images that are found."""
    return verdicts.num_found / verdicts.num_defects


def precision(verdicts: Verdicts) -> float:
    """Share of the alarms that are defects; 0 without an alarm, as scikit-learn has it."""
    num_alarms = verdicts.num_found + verdicts.num_false_alarms
    return verdicts.num_found / num_alarms if num_alarms else 0.0


def f1(verdicts: Verdicts) -> float:
    """Harmonic mean of precision and recall."""
    num_alarms = verdicts.num_found + verdicts.num_false_alarms
    return 2 * verdicts.num_found / (verdicts.num_defects + num_alarms)


def seg_f1(segmentation: Segmentation) -> float:
    """F1 of all pixels of a test set together, MVTec AD 2's SegF1 (Heckler-Kram et al., arXiv 2503.21622)."""
    return f1(segmentation.pixels)


def class_f1(segmentation: Segmentation) -> float:
    """F1 of the images, an image with a pixel above the threshold being an alarm: MVTec AD 2's ClassF1."""
    return f1(segmentation.images)
