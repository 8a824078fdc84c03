"""The backbone's speed on a CPU where freed memory is kept, beside glibc's own habits.

Each figure is of a process of its own, in a thread as that of a worker: batches of 8 images of 192 x 512 px through the
default backbone with random weights, on one core. The two take turns.

    python benchmarks/freed_memory.py            # five processes of each, medians
    python benchmarks/freed_memory.py --runs 1
"""

import os
import resource
import sys
import threading
import time

from own_processes import flags, measured, medians

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
    given = flags(__doc__, runs=5)
    if given.measure is not None:
        measure()
        return 0
    plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    found: dict[str, list[list[float]]] = {"glibc": [], "kept": []}
    for _ in range(given.runs):
        for name, environment in (("glibc", plain), ("kept", plain | VARIABLES)):
            found[name].append(measured(__file__, environment))
    middle = {name: medians(rows) for name, rows in found.items()}
    for name, (milliseconds, faults, megabytes) in middle.items():
        print(f"{name:6} {milliseconds:7.1f} ms an image {faults:9.0f} page faults {megabytes:7.0f} MB at the peak")
    ratio = middle["glibc"][0] / middle["kept"][0]
    print(f"ratio {ratio:.2f}, expected at least {MIN_RATIO}")
    return 0 if ratio >= MIN_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
