"""How fast the restoration network trains, on one core: images a second.

Each figure is of a process of its own: random features of 64 images of 192 x 192 px, as EfficientNet-Lite2 has them,
three images a step, and the time of 80 steps less that of 20, so that what a fit does before and after does not count;
a fit before both loads what all share. The variants take turns.

    python benchmarks/fit_speed.py                        # medians of three
    python benchmarks/fit_speed.py --before CHECKOUT      # beside version 2 (commit 54e7074), at equal settings
"""

import os
import sys
import time

from own_processes import flags, measured, medians

LAYERS = ((48, 24, 24), (120, 12, 12))
NUM_IMAGES, BATCH_SIZE, FEW_STEPS, MANY_STEPS = 64, 3, 20, 80
# What version 2 has as well: k = 2 masks, the same network, three terms of the loss, no corruption.
EQUAL = {"jitter": 0.0, "paste_share": 0.0, "weight_visible": 0.0}
VARIANTS = {
    "equal": EQUAL,
    "default": {},
    "bfloat16": {"precision": "bfloat16"},
}


def measure(variant: str) -> None:
    """Print images a second."""
    import numpy as np
    import torch

    from mfrnet import FeatureStack, MFRNetSettings, fit_detector

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal((NUM_IMAGES, *shape)).astype(np.float16) for shape in LAYERS]
    stack = FeatureStack(layers, image_size_px=(192, 192))
    chosen = VARIANTS.get(variant, {})
    seconds = []
    for steps in (2, FEW_STEPS, MANY_STEPS):
        settings = MFRNetSettings(steps=steps, batch_size=BATCH_SIZE, **chosen)
        started = time.perf_counter()
        fit_detector(stack, settings, seed=0)
        seconds.append(time.perf_counter() - started)
    print(BATCH_SIZE * (MANY_STEPS - FEW_STEPS) / (seconds[2] - seconds[1]))


def main() -> int:
    given = flags(__doc__, runs=3, before="folder of version 2")
    if given.measure is not None:
        measure(*given.measure)
        return 0
    found: dict[str, list[list[float]]] = {variant: [] for variant in VARIANTS}
    if given.before:
        found = {"before": [], **found}
    for _ in range(given.runs):
        for variant, rows in found.items():
            older = {"PYTHONPATH": given.before} if variant == "before" else {}
            rows.append(measured(__file__, os.environ | older, variant))
    speed = {variant: medians(rows)[0] for variant, rows in found.items()}
    for variant, images in speed.items():
        print(f"{variant:10} {images:6.1f} images/s")
    if given.before:
        print(f"at equal settings {speed['equal'] / speed['before']:.2f} times as fast as before")
    return 0


if __name__ == "__main__":
    sys.exit(main())
