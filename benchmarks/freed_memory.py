"""The backbone's speed on a CPU where freed memory is kept, beside glibc's own habits.

Each figure is of a process of its own, in a thread as that of a worker: batches of 8 images of 192 x 512 px through the
default backbone with random weights, on one core. The two take turns.

    python benchmarks/freed_memory.py            # five processes of each, medians
    python benchmarks/freed_memory.py --runs 1
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import threading
import time

from harness.freed_memory import VARIABLES

BATCH, NUM_BATCHES = 8, 4
MIN_RATIO = 1.1


def measure() -> None:
    """Print milliseconds an image, page faults an image and the peak resident size in MB."""
    import timm
    import torch

    torch.set_num_threads(1)
    network = timm.create_model(
        "tf_efficientnet_lite2", pretrained=False, features_only=True, out_indices=(2, 3)
    ).eval()
    images = torch.rand(BATCH, 3, 192, 512)

    @torch.inference_mode()
    def judge() -> None:
        network(images)
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        for _ in range(NUM_BATCHES):
            network(images)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
        number = BATCH * NUM_BATCHES
        print(1000 * seconds / number, (after.ru_minflt - before.ru_minflt) / number, after.ru_maxrss / 1000)

    thread = threading.Thread(target=judge)
    thread.start()
    thread.join()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.measure:
        measure()
        return 0
    plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    found: dict[str, list[tuple[float, ...]]] = {"glibc": [], "kept": []}
    for _ in range(given.runs):
        for name, environment in (("glibc", plain), ("kept", plain | VARIABLES)):
            command = [sys.executable, __file__, "--measure"]
            out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            found[name].append(tuple(map(float, out.split())))
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}
    for name, (milliseconds, faults, megabytes) in medians.items():
        print(f"{name:6} {milliseconds:7.1f} ms an image {faults:9.0f} page faults {megabytes:7.0f} MB at the peak")
    ratio = medians["glibc"][0] / medians["kept"][0]
    print(f"ratio {ratio:.2f}, expected at least {MIN_RATIO}")
    return 0 if ratio >= MIN_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
