"""Training in two threads where OpenMP's threads spin briefly, beside its own habits: alone, and beside other work.

Each figure is of a process of its own: 60 steps of MFRNet's network on random features of 12 x 14 positions. Other work
is one process a core that does nothing but count. The two take turns.

    python benchmarks/waiting_threads.py            # five processes of each, medians
    python benchmarks/waiting_threads.py --runs 1
"""

import os
import subprocess
import sys
import time

from own_processes import flags, measured, medians

from harness.waiting_threads import VARIABLES

NUM_THREADS, STEPS = 2, 60
MIN_RATIOS = {"alone": 0.9, "beside other work": 1.2}


def measure() -> None:
    """Print the seconds of the training."""
    import numpy as np
    import torch

    from mfrnet import FeatureStack, MFRNetSettings
    from mfrnet.detector import fit_detector

    torch.set_num_threads(NUM_THREADS)
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal(shape, np.float32) for shape in ((40, 48, 24, 28), (40, 120, 12, 14))]
    stack = FeatureStack(layers, image_size_px=(192, 224))
    started = time.perf_counter()
    fit_detector(stack, MFRNetSettings(steps=STEPS), seed=0)
    print(time.perf_counter() - started)


def main() -> int:
    given = flags(__doc__, runs=5)
    if given.measure is not None:
        measure()
        return 0
    plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    plain.pop("OMP_NUM_THREADS", None)
    ratios = {}
    for surroundings in MIN_RATIOS:
        num_busy = 0 if surroundings == "alone" else len(os.sched_getaffinity(0))
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(num_busy)]
        try:
            pairs = [[*measured(__file__, plain), *measured(__file__, plain | VARIABLES)] for _ in range(given.runs)]
        finally:
            for process in busy:
                process.kill()
        openmp, brief = medians(pairs)
        ratios[surroundings] = openmp / brief
        print(
            f"{surroundings:18} OpenMP's habits {openmp:6.2f} s   brief {brief:6.2f} s   "
            f"ratio {ratios[surroundings]:.2f}"
        )
    print("expected at least " + ", ".join(f"{ratio} {name}" for name, ratio in MIN_RATIOS.items()))
    return 0 if all(ratios[name] >= ratio for name, ratio in MIN_RATIOS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
