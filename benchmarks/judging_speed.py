"""How fast MFRNet judges images beside anomalib's PatchCore and EfficientAD-S: one at a time, and in batches of 8.

The time of a network does not depend on its weights, so they are random, and the images are noise of the size
of those of MTD and of KSDD. PatchCore has the backbone and the layers of MFRNet, and as many patches in memory
as a coreset of 1 % of that data set's training images holds. EfficientAD takes no side below 256 px, so its
images have 256 px on the shorter side instead of 192. Each method runs in a process of its own on one core;
they take turns.

    python benchmarks/judging_speed.py            # three processes of each, medians
    python benchmarks/judging_speed.py --runs 1
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from own_processes import flags, measured, medians

from harness.freed_memory import VARIABLES

BACKBONE = "tf_efficientnet_lite2"
SIZES = {"MTD": ((224, 192), 5087), "KSDD": ((480, 192), 2016)}
"""Height and width in pixels, and patches in the memory of PatchCore."""
METHODS = ("gaussian", "mfrnet", "patchcore", "efficient_ad")
SECONDS = 6.0
MAX_RATIO = 1.0
"""Of MFRNet's time to PatchCore's. Missed on KSDD, whose training images are few: PatchCore's time grows with them."""


def judge_of(method: str, size_px: tuple[int, int], num_patches: int) -> Callable[[int], object]:
    """A function that judges so many images at once."""
    import torch

    torch.set_num_threads(1)
    if method == "efficient_ad":
        size_px = (size_px[0] * 4 // 3, size_px[1] * 4 // 3)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8, *size_px, 3), dtype=np.uint8)
    if method in ("mfrnet", "gaussian"):
        import timm

        from harness.methods.gaussian_detector import fit_gaussian
        from mfrnet import MapSettings, MFRNetSettings, extract_features, fit_detector, load_backbone
        from mfrnet.weights import LocalWeights

        created = timm.create_model(BACKBONE, pretrained=False)
        file = Path(os.environ["TMPDIR"], "random.pth")
        torch.save(created.state_dict(), file)
        backbone = load_backbone(MapSettings(backbone=BACKBONE), LocalWeights.at(file))
        stack = extract_features(backbone, [images], len(images))
        if method == "mfrnet":
            detector = fit_detector(stack, MFRNetSettings(backbone=BACKBONE, steps=1), seed=0)
        else:
            detector = fit_gaussian(stack, MapSettings(backbone=BACKBONE), seed=0)

        def judge(count: int) -> object:
            found = extract_features(backbone, [images[:count]], count)
            return detector.judge(found.batch(range(count)))

        return judge
    if method == "patchcore":
        from anomalib.models.image.patchcore.torch_model import PatchcoreModel

        network = PatchcoreModel(layers=["blocks.2", "blocks.4"], backbone=BACKBONE, pre_trained=False)
        network.memory_bank = torch.randn(num_patches, 168)
    else:
        from anomalib.models.image.efficient_ad.torch_model import EfficientAdModel, EfficientAdModelSize

        network = EfficientAdModel(teacher_out_channels=384, model_size=EfficientAdModelSize.S)
    network.eval()

    @torch.inference_mode()
    def forward(count: int) -> object:
        pixels = torch.from_numpy(images[:count]).permute(0, 3, 1, 2).float().div(255)
        return network(pixels)

    return forward


def measure(method: str, data: str) -> None:
    """Print the median milliseconds of one image alone, and of one in a batch of 8."""
    judge = judge_of(method, *SIZES[data])
    for count in (1, 8):
        times = []
        judge(count)
        ends = time.perf_counter() + SECONDS / 2
        while time.perf_counter() < ends or len(times) < 3:
            started = time.perf_counter()
            judge(count)
            times.append(time.perf_counter() - started)
        print(1000 * statistics.median(times) / count)


def main() -> int:
    given = flags(__doc__, runs=3)
    if given.measure is not None:
        measure(*given.measure)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        return compare(given.runs, os.environ | VARIABLES | {"TMPDIR": scratch, "OMP_NUM_THREADS": "1"})


def compare(num_runs: int, environment: dict[str, str]) -> int:
    """Print the medians; 1 if MFRNet is slower than PatchCore anywhere."""
    is_slower = False
    for data in SIZES:
        found: dict[str, list[list[float]]] = {method: [] for method in METHODS}
        for _ in range(num_runs):
            for method in METHODS:
                found[method].append(measured(__file__, environment, method, data))
        middle = {name: medians(rows) for name, rows in found.items()}
        for name, (single, batched) in middle.items():
            print(f"{data:5} {name:13} {single:7.1f} ms alone   {batched:7.1f} ms in batches of 8")
        ratios = [ours / theirs for ours, theirs in zip(middle["mfrnet"], middle["patchcore"], strict=True)]
        print(
            f"{data:5} mfrnet / patchcore: {ratios[0]:.2f} alone, {ratios[1]:.2f} in batches "
            f"(expected at most {MAX_RATIO})"
        )
        is_slower |= max(ratios) > MAX_RATIO
    return int(is_slower)


if __name__ == "__main__":
    sys.exit(main())
