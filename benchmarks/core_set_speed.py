"""Selection of a core set: anomalib's own beside ours, which chooses the same patches.

Each figure is of a process of its own, on one core: 100,000 patches of 168 dimensions around 40 centres, as of some 150
images, of which 200 are chosen. The two take turns; both have to choose the same.

    python benchmarks/core_set_speed.py            # three processes of each, medians
    python benchmarks/core_set_speed.py --runs 1
"""

import os
import sys
import time

from own_processes import flags, measured, medians

NUM_PATCHES, DIMENSIONS, CENTRES, CHOSEN = 100_000, 168, 40, 200
MIN_RATIO = 4.0


def measure(which: str) -> None:
    """Print seconds of the selection, and a number that only equal choices share."""
    import numpy as np
    import torch

    from harness.methods.anomalib.surroundings import quiet, seeded

    torch.set_num_threads(1)
    with quiet(), seeded(0, "cpu"):
        from anomalib.models.components import KCenterGreedy

        from harness.methods.anomalib.core_set import select_core_sets_fast

        if which == "fast":
            select_core_sets_fast()
        mixing = torch.randn(DIMENSIONS, DIMENSIONS)
        spread = 0.5 * torch.randn(NUM_PATCHES, DIMENSIONS)
        patches = (torch.randn(CENTRES, DIMENSIONS)[torch.randint(CENTRES, (NUM_PATCHES,))] + spread) @ mixing
        selection = KCenterGreedy(patches, CHOSEN / NUM_PATCHES)
        started = time.perf_counter()
        chosen = selection.select_coreset_idxs()
        seconds = time.perf_counter() - started
    print(seconds, np.dot(chosen, np.arange(1, len(chosen) + 1)))


def main() -> int:
    given = flags(__doc__, runs=3)
    if given.measure is not None:
        measure(*given.measure)
        return 0
    found: dict[str, list[list[float]]] = {"anomalib": [], "fast": []}
    for _ in range(given.runs):
        for which, rows in found.items():
            rows.append(measured(__file__, os.environ, which))
    middle = {which: medians(rows) for which, rows in found.items()}
    for which, (seconds, _) in middle.items():
        print(f"{which:8} {seconds:7.2f} s, {1000 * seconds / CHOSEN:6.1f} ms a patch")
    choices = {choice for rows in found.values() for _, choice in rows}
    ratio = middle["anomalib"][0] / middle["fast"][0]
    print(f"ratio {ratio:.1f}, expected at least {MIN_RATIO}; the same choice: {len(choices) == 1}")
    return 0 if ratio >= MIN_RATIO and len(choices) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
