"""How fast ``bench datasets verify`` is, and how it grows with the number of images.

    python benchmarks/verify_speed.py                      # growth, on generated photographs
    python benchmarks/verify_speed.py --data DIR --name mtd   # a data set in place, nothing remembered

Each step of the growth has four times the images of the one before: half of them PNG, half JPEG, 200 x
200 pixels, six exposures a surface. Linear growth keeps the images a second. Small steps are medians of
several runs, each with an empty cache; a warm run reads what the cold one remembered. Processor seconds
are shown beside the clock, since they hardly change with what else the machine does.
"""

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from harness.datasets import Dataset
from harness.datasets.finding import find
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.near_duplicates import DETAIL_PX, SIDE_PX, find_groups
from harness.datasets.verification import verify
from harness.datasets.verification_report import VerificationReport

IMAGE_PX = 200
EXPOSURES = (0.4, 0.6, 0.8, 1.0, 1.1, 1.2)
NUM_IMAGES = (1250, 5000, 20000)
NUM_RUNS = {1250: 5, 5000: 3}
NUM_TEST_FILES = 2
TOML = """
[categories.parts]
train_good = "train"
test_good = "good"
[categories.parts.test_defects]
dent = "dent"
"""


def write_parts(folder: Path, num_images: int) -> None:
    (folder / "dataset.toml").write_text(TOML)
    for name in ("train", "good", "dent"):
        (folder / name).mkdir()
    for index in range(num_images):
        surface, exposure = divmod(index, len(EXPOSURES))
        if exposure == 0:
            rng = np.random.default_rng(surface)
            grain = gaussian_filter(rng.standard_normal((IMAGE_PX, IMAGE_PX), dtype=np.float32), 3.0)
            brightness = 128 + 30 * grain / grain.std()
        pixels = brightness * EXPOSURES[exposure] + rng.normal(0, 2, brightness.shape)
        part = ("good", "dent")[index] if index < NUM_TEST_FILES else "train"
        suffix = "png" if index % 2 else "jpg"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / part / f"{index:06d}.{suffix}")


@dataclass(frozen=True)
class Run:
    """One cold and one warm verification."""

    cold_seconds: float
    cold_processor_seconds: float
    warm_seconds: float
    report: VerificationReport


def timed(dataset: Dataset, root: Path) -> Run:
    """Verify with an empty cache, then with what that remembered."""
    seconds, processor_seconds = [], []
    with tempfile.TemporaryDirectory(prefix="verify-cache-") as cache:
        os.environ["BENCH_CACHE"] = cache
        for _ in range(2):
            started, processor_started = time.perf_counter(), time.process_time()
            report = verify(dataset, root)
            seconds.append(time.perf_counter() - started)
            processor_seconds.append(time.process_time() - processor_started)
    return Run(seconds[0], processor_seconds[0], seconds[1], report)


def tell(name: str, num_images: int, runs: list[Run]) -> float:
    """Print the medians; returns processor seconds an image."""
    cold = statistics.median(run.cold_seconds for run in runs)
    processor = statistics.median(run.cold_processor_seconds for run in runs)
    warm = statistics.median(run.warm_seconds for run in runs)
    report = runs[0].report
    groups = sum(len(twins.groups) for twins in report.twins)
    print(
        f"{name}: {num_images} images ({report.num_files} files), {groups} groups of twins: cold {cold:.1f} s, "
        f"{num_images / cold:.0f} images/s, {1e3 * processor / num_images:.1f} ms of a processor an image; "
        f"warm {warm:.2f} s",
        flush=True,
    )
    return processor / num_images


def growth(largest: int) -> None:
    per_image = {}
    for num_images in (number for number in NUM_IMAGES if number <= largest):
        with tempfile.TemporaryDirectory(prefix="verify-images-") as folder:
            write_parts(Path(folder), num_images)
            # A file written just now is not remembered.
            time.sleep(2.5)
            dataset = FolderDataset(Path(folder))
            runs = [timed(dataset, Path(folder)) for _ in range(NUM_RUNS.get(num_images, 1))]
        per_image[num_images] = tell("generated", num_images, runs)
    first, *_, last = per_image
    print(
        f"processor seconds an image, {last} over {first} images: {per_image[last] / per_image[first]:.2f} (linear: 1)"
    )


def search_alone(num_images: int) -> None:
    rng = np.random.default_rng(0)
    thumbnails, details = (
        list(rng.integers(-127, 128, (num_images, side_px, side_px), dtype=np.int8)) for side_px in (SIDE_PX, DETAIL_PX)
    )
    started, processor_started = time.perf_counter(), time.process_time()
    find_groups([str(index) for index in range(num_images)], thumbnails, details)
    processor = time.process_time() - processor_started
    print(
        f"the search for twins alone, {num_images} thumbnails: {time.perf_counter() - started:.1f} s, "
        f"{processor:.1f} s of a processor"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="data root; generated images if it is left out")
    parser.add_argument("--name", default="mtd", help="data set below the data root")
    parser.add_argument("--largest", type=int, default=NUM_IMAGES[-1], help="most images of the growth")
    chosen = parser.parse_args()
    if chosen.data is None:
        growth(chosen.largest)
        search_alone(chosen.largest)
        return
    run = timed(find(chosen.name, chosen.data), chosen.data)
    num_images = sum(c.num_train + c.num_test_good + c.num_test_defect + c.num_left_out for c in run.report.counts)
    tell(chosen.name, num_images, [run])


if __name__ == "__main__":
    main()
