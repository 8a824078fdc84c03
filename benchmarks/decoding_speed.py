"""Decoding in threads against decoding in one, and how much of it a busy consumer still waits for.

Generated JPEGs are read as a run reads them: decoded, turned to 8-bit RGB, resized, stacked. Then a
consumer that works on each batch as long as one core takes to decode it (a matrix product, which
leaves the interpreter alone as a training step does) gets its batches from the same set; the share of
decoding that it waits for is what decoding ahead could not hide.

The ratio needs a machine with nothing else to do; where one thread does not get a whole core, it is
shown and not judged. Processor time is shown beside it: threads should cost no more of it than one.

    python benchmarks/decoding_speed.py                    # 64 images of 1024 x 1024
    python benchmarks/decoding_speed.py --images 200 --side 2048
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from harness.environment import num_cores
from harness.images import ImageSet

BATCH_SIZE = 8
SIZE_PX = (192, 192)
NUM_RUNS = 5
MIN_CORES_OF_ONE_THREAD = 0.9
"""Below this share of a core, the machine is too busy to judge."""
MIN_RATIO_PER_CORE = 0.75
"""Of the ideal, which is one times the cores in use; the rest is Python between two decodes."""


def generated(folder: Path, num_images: int, side_px: int) -> ImageSet:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    base = np.array(Image.fromarray(coarse).resize((side_px, side_px), Image.Resampling.BICUBIC)).astype(np.int16)
    paths = []
    for number in range(num_images):
        grain = rng.integers(-12, 13, base.shape, dtype=np.int16)
        path = folder / f"{number:04}.jpg"
        Image.fromarray(np.clip(base + grain, 0, 255).astype(np.uint8)).save(path, quality=90)
        paths.append(path)
    return ImageSet(ids=tuple(path.name for path in paths), paths=tuple(paths), size_px=SIZE_PX, key="generated")


def one_by_one(images: ImageSet) -> None:
    for index in range(len(images)):
        images[index]


def in_batches(images: ImageSet) -> None:
    for _ in images.batches(BATCH_SIZE):
        pass


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """On the clock, and of all cores together."""
    started_at, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started_at, time.process_time() - used


def consuming(images: ImageSet, step_seconds: float) -> float:
    """Seconds in which the consumer had no batch, over all but the first one."""
    waited = 0.0
    matrix = np.random.default_rng(0).standard_normal((400, 400))
    batches = images.batches(BATCH_SIZE)
    next(batches)
    while True:
        until = time.perf_counter() + step_seconds
        while time.perf_counter() < until:
            matrix @ matrix
        asked_at = time.perf_counter()
        if next(batches, None) is None:
            return waited
        waited += time.perf_counter() - asked_at


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=64, help="number of images (default: 64)")
    parser.add_argument("--side", type=int, default=1024, help="height and width in pixels (default: 1024)")
    arguments = parser.parse_args()
    cores = min(4, num_cores())
    with tempfile.TemporaryDirectory() as folder:
        images = generated(Path(folder), arguments.images, arguments.side)
        one_by_one(images)
        # In turn, so that what else the machine does meets both.
        pairs = [(seconds(lambda: one_by_one(images)), seconds(lambda: in_batches(images))) for _ in range(NUM_RUNS)]
        alone, together = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
        step_seconds = alone / len(images) * BATCH_SIZE
        waited = statistics.median(consuming(images, step_seconds) for _ in range(NUM_RUNS))
    ratio = statistics.median(one / many for (one, _), (many, _) in pairs)
    processor_ratio = statistics.median(many / one for (_, one), (_, many) in pairs)
    cores_of_one = statistics.median(used / one for (one, used), _ in pairs)
    share = waited / alone
    table = Table(title=f"{arguments.images} JPEGs of {arguments.side} x {arguments.side}, {cores} threads")
    for column in ("one thread [images/s]", "in batches [images/s]", "ratio", "processor time", "consumer waits"):
        table.add_column(column, justify="right")
    speeds = (f"{len(images) / alone:.1f}", f"{len(images) / together:.1f}", f"{ratio:.2f}")
    table.add_row(*speeds, f"x {processor_ratio:.2f}", f"{share:.1%}")
    console = Console()
    console.print(table)
    if cores_of_one < MIN_CORES_OF_ONE_THREAD:
        console.print(f"One thread got {cores_of_one:.2f} of a core: the machine is busy, and the ratio says nothing.")
        return 0
    return 0 if ratio >= MIN_RATIO_PER_CORE * cores else 1


if __name__ == "__main__":
    sys.exit(main())
