"""How fast a kept detector judges files, beside anomalib's own ``Engine.predict``, and whether its memory is flat.

Both sides judge the same PNG files with the same fitted PaDiM on a resnet18, from files to maps and scores: anomalib by
``Engine.predict``, whose model holds the network of our bundle and a pre-processor that resizes to the size of the
bundle, without post-processing and pictures. It is timed twice: by ``data_path``, as its documentation does, which
judges one image at a time, and with a data loader. Building
detector, model and engine is not timed. Peak memory is that of a process of its own, which judges the
same files again and again.

    python benchmarks/predict_speed.py --weights resnet18.pth   # or BENCH_WEIGHTS_FOLDER; else random weights
    python benchmarks/predict_speed.py --runs 1 --images 50
"""

import argparse
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import harness
from harness.bundles import read_bundle

NUM_FITTED, NUM_FILES = 24, 100
FILE_PX = (480, 640)
IMAGE_SIZE_PX = 192
BATCH_SIZE = 8  # of the data loader
MIN_RATIO = 2.0
MAX_GROWTH_MIB = 50.0

PEAK = """
import itertools, resource, sys
from pathlib import Path
import harness
files = sorted(Path(sys.argv[2]).glob("*.png"))
detector = harness.load(sys.argv[1])
for judged in detector.judge(itertools.islice(itertools.cycle(files), int(sys.argv[3]))):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write_images(folder: Path, count: int, first: int = 0) -> list[Path]:
    folder.mkdir(parents=True)
    files = []
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        coarse = rng.integers(90, 160, (12, 16, 3), dtype=np.uint8)
        smooth = np.array(Image.fromarray(coarse).resize(FILE_PX[::-1], Image.Resampling.BICUBIC), np.int16)
        pixels = np.clip(smooth + rng.integers(-4, 5, smooth.shape), 0, 255).astype(np.uint8)
        files.append(folder / f"{number:04}.png")
        Image.fromarray(pixels).save(files[-1])
    return files


def weights_file(given: Path | None, scratch: Path) -> tuple[Path, str]:
    """The file that was asked for, one of the folder for weights, or random weights."""
    if given is not None:
        return given, given.name
    folder = os.environ.get("BENCH_WEIGHTS_FOLDER")
    found = sorted(Path(folder).glob("resnet18*.pth")) if folder else []
    if found:
        return found[0], found[0].name
    import timm
    import torch

    torch.manual_seed(0)
    file = scratch / "resnet18.pth"
    torch.save(timm.create_model("resnet18", pretrained=False).state_dict(), file)
    return file, "random"


def fitted_bundle(scratch: Path, weights: Path) -> Path:
    write_images(scratch / "parts/good", NUM_FITTED, first=10_000)
    (scratch / "parts/dataset.toml").write_text('[categories.parts]\ntrain_good = "good"\n')
    (bundle,) = harness.fit(
        datasets=[str(scratch / "parts")],
        methods=["padim"],
        backbone="resnet18",
        weights={"resnet18": str(weights)},
        protocol={"image_size_px": IMAGE_SIZE_PX},
        false_alarms=0.2,
        device="cpu",
        out=scratch / "bundle",
    )
    return bundle


def ours(bundle: Path, files: list[Path]) -> Callable[[], list[float]]:
    detector = harness.load(bundle)
    return lambda: [judged.score for judged in detector.judge(files)]


def theirs(bundle: Path, files: list[Path], scratch: Path, batch_size: int | None) -> Callable[[], list[float]]:
    """``Engine.predict`` with the network of the bundle; by ``data_path`` if there is no batch size."""
    from anomalib.data import PredictDataset
    from anomalib.engine import Engine
    from anomalib.models import Padim
    from anomalib.pre_processing import PreProcessor
    from torch.utils.data import DataLoader
    from torchvision.transforms.v2 import Compose, Normalize, Resize

    kept = read_bundle(bundle)
    pixels = kept.description.values["pixels"]
    transform = Compose([Resize(kept.description.size_px), Normalize(pixels["mean"], pixels["std"])])
    model = Padim(
        backbone="resnet18",
        pre_trained=False,
        pre_processor=PreProcessor(transform=transform),
        post_processor=False,
        evaluator=False,
        visualizer=False,
    )
    model.model.load_state_dict(dict(kept.method.state().tensors))
    engine = Engine(default_root_dir=scratch / "anomalib", accelerator="cpu", enable_progress_bar=False, logger=False)
    folder = files[0].parent

    def predict() -> list[float]:
        if batch_size is None:
            batches: Any = engine.predict(model, data_path=folder)
        else:
            data = PredictDataset(folder)
            batches = engine.predict(model, dataloaders=DataLoader(data, batch_size, collate_fn=data.collate_fn))
        return [float(score) for batch in batches for score in batch.pred_score.reshape(-1)]

    return predict


def peak_mib(bundle: Path, folder: Path, num_images: int) -> float:
    command = [sys.executable, "-W", "ignore", "-c", PEAK, bundle, folder, str(num_images)]
    # Python puts the folder of this file, and not the current one, on the path of scripts.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(ended.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="a file of resnet18")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--images", type=int, default=NUM_FILES)
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="predict-speed-") as name:
        scratch = Path(name)
        os.environ["BENCH_CACHE"] = str(scratch / "cache")
        weights, what = weights_file(asked.weights, scratch)
        files = write_images(scratch / "files", asked.images)
        bundle = fitted_bundle(scratch, weights)
        sides = {
            "bench": ours(bundle, files),
            "anomalib, data_path": theirs(bundle, files, scratch, None),
            "anomalib, data loader": theirs(bundle, files, scratch, BATCH_SIZE),
        }
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        scores = {}
        for _ in range(asked.runs):
            # By turns, so that a busy machine slows all of them alike.
            for side, predict in sides.items():
                started = time.perf_counter()
                scores[side] = predict()
                seconds[side].append(time.perf_counter() - started)
        peaks = {count: peak_mib(bundle, scratch / "files", count) for count in (100, 1000)}
    medians = {side: statistics.median(times) for side, times in seconds.items()}
    print(f"{asked.images} PNG files of {FILE_PX[1]} x {FILE_PX[0]}, weights: {what}, {asked.runs} runs")
    for side, median in medians.items():
        difference = np.abs(np.array(scores[side]) - np.array(scores["bench"])).max() / np.ptp(scores["bench"])
        print(
            f"{side}: median {median:.2f} s, {asked.images / median:.1f} images/s, "
            f"{median / medians['bench']:.2f} times as long as bench; "
            f"largest difference of scores {100 * difference:.2g} % of their range"
        )
    growth = peaks[1000] - peaks[100]
    print(f"peak memory: {peaks[100]:.0f} MiB for 100 images, {peaks[1000]:.0f} MiB for 1,000: {growth:+.0f} MiB")
    ratio = medians["anomalib, data_path"] / medians["bench"]
    print(f"Expected: Engine.predict takes {MIN_RATIO} times as long or more; growth of {MAX_GROWTH_MIB} MiB or less")
    return 0 if ratio >= MIN_RATIO and growth <= MAX_GROWTH_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
