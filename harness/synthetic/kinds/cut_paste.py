"""A piece of another normal image, turned and in other light: a wrong, shifted or repeated part.

Source: Li, Sohn, Yoon, Pfister, "CutPaste: Self-Supervised Learning for Anomaly Detection and
Localization", CVPR 2021: patches with an aspect of up to 3.3 and colour jitter. Ours come from the part
and not from its background, and half of them have no straight edges, as Schlüter et al. ("Natural
Synthetic Anomalies", ECCV 2022) found straight ones to be learned instead of the defect.
"""

from harness.synthetic.exact import ExactRng
from harness.synthetic.regions import area_px, blob, edge_width, offsets, rectangle
from harness.synthetic.sampling import sampled
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
        coverage = blob(target, rng, centre, area, edge_width(area, rng, scene.pixels(1.5)))
    gain = 1.0 + rng.sign() * rng.between(*_GAIN)
    return Change(coverage_HW=coverage, content_HW3=_turned(scene.source, rng, centre, target) * gain)


def _turned(source: Photograph, rng: ExactRng, centre: tuple[int, int], target: Photograph) -> Colours:
    """The source turned about one of its places, which comes to lie on ``centre``; mirrored at its border."""
    row, column = source.place(rng)
    sine, cosine = rng.direction()
    down, right = offsets(target.size_px, centre)
    return sampled(source.pixels_HW3, row + down * cosine - right * sine, column + down * sine + right * cosine)
