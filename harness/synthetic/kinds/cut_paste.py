"""A piece of another normal image, turned and in other light: a wrong, shifted or repeated part.

Source: Li, Sohn, Yoon, Pfister, "CutPaste: Self-Supervised Learning for Anomaly Detection and
Localization", CVPR 2021: patches with an aspect of up to 3.3 and colour jitter. Ours come from the part
and not from its background, and half of them have no straight edges, as Schlüter et al. ("Natural
Synthetic Anomalies", ECCV 2022) found straight ones to be learned instead of the defect.
"""

import numpy as np
from numpy.typing import NDArray

from harness.synthetic.exact import ExactRng, Plane
from harness.synthetic.regions import area_px, blob, offsets, rectangle
from harness.synthetic.scene import Change, Colours, Photograph, Scene

_GAIN = (0.03, 0.2)
"""Least and largest relative change of brightness: a piece of an even surface would not show without."""


def cut_paste(scene: Scene, rng: ExactRng) -> Change:
    """Paste a piece of ``scene.source``."""
    target = scene.target
    centre, area = target.place(rng), area_px(target, rng)
    if rng.whole(0, 1):
        coverage = rectangle(target, rng, centre, area)
    else:
        coverage = blob(target, rng, centre, area, edge_px=scene.pixels(1.5))
    gain = 1.0 + rng.sign() * rng.between(*_GAIN)
    return Change(coverage_HW=coverage, content_HW3=_turned(scene.source, rng, centre, target) * gain)


def _turned(source: Photograph, rng: ExactRng, centre: tuple[int, int], target: Photograph) -> Colours:
    """The source turned about one of its places, which comes to lie on ``centre``; mirrored at its border."""
    row, column = source.place(rng)
    sine, cosine = rng.direction()
    down, right = offsets(target.size_px, centre)
    return _sampled(source.pixels_HW3, row + down * cosine - right * sine, column + down * sine + right * cosine)


def _sampled(pixels_HW3: NDArray[np.uint8], rows: Plane, columns: Plane) -> Colours:
    """Bilinear. Not scipy's: its compiled sums may be fused, and so rounded, in another way elsewhere."""
    rows, columns = _mirrored(rows, pixels_HW3.shape[0]), _mirrored(columns, pixels_HW3.shape[1])
    top, left = np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)
    bottom, right = np.minimum(top + 1, pixels_HW3.shape[0] - 1), np.minimum(left + 1, pixels_HW3.shape[1] - 1)
    down, along = (rows - top)[:, :, None], (columns - left)[:, :, None]
    upper = pixels_HW3[top, left] * (1.0 - along) + pixels_HW3[top, right] * along
    lower = pixels_HW3[bottom, left] * (1.0 - along) + pixels_HW3[bottom, right] * along
    sampled: Colours = upper * (1.0 - down) + lower * down
    return sampled


def _mirrored(places: Plane, length: int) -> Plane:
    last = length - 1.0
    return last - np.abs(np.mod(places, 2.0 * last) - last)
