"""What a search adds to its trials, what the feature cache saves it, and what trials side by side share.

    python benchmarks/search_speed.py cache      # 30 trials over cached features against 30 without the cache
    python benchmarks/search_speed.py overhead   # 200 trials that do nothing, through Ray Tune, in a study on disk
    python benchmarks/search_speed.py memory     # two processes over 1 GB of mapped features against one

Without a name, all three. The first is a ratio within one run; the second holds on a busy machine as far
as messages get through, hence the driver's CPU time beside it; the third does not depend on load.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

from harness.config import Protocol
from harness.datasets.demo import Demo
from harness.execution.execute import FleetSize
from harness.search.evaluation import Evaluation
from harness.search.ledger import Ledger
from harness.search.selection import judged_on
from harness.search.trials import TrialRecord, TrialReport
from harness.search.tuning import search_with_tune
from harness.spaces import SearchSpace

NUM_CACHE_TRIALS = 30
MIN_CACHE_RATIO = 2.0
NUM_TRIVIAL = 200
MAX_OVERHEAD_MS = 50.0
CACHE_BYTES = 10**9
MAX_MORE_GB = 0.3
_WHY = "a benchmark"


def twelve_parameters() -> SearchSpace:
    parameters = {f"x{number}": {"kind": "float", "low": 0, "high": 1, "why": _WHY} for number in range(12)}
    return SearchSpace.model_validate_json(
        json.dumps({"method": "none", "objective": {"metrics": ["image_auroc"]}, "space": parameters})
    )


def nothing(settings: Mapping[str, Any]) -> Iterator[TrialReport]:
    yield TrialReport(step=100, values=(sum(settings.values()),), is_final=True)


def measure_cache() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_CACHE"] = folder
        protocol = Protocol(image_size_px=128)
        judged = judged_on("synthetic", Demo(), Path(), "tile", "published", protocol, 0)
        space = SearchSpace.model_validate_json(
            json.dumps({"method": "gaussian", "objective": {"metrics": ["image_auroc"]}, "space": {
                "smoothing_px": {"kind": "float", "low": 0, "high": 8, "why": _WHY},
            }})
        )  # fmt: skip
        evaluation = Evaluation(
            method="gaussian", base_settings={"backbone": "filter_bank"}, goals=space.goals, fidelity=None,
            categories=(judged,), protocol=protocol, seed=0, device="cpu",
        )  # fmt: skip

        def seconds(before_each: Callable[[], None]) -> float:
            started_at = time.perf_counter()
            for number in range(NUM_CACHE_TRIALS):
                before_each()
                (report,) = evaluation({"smoothing_px": number / 4})
                assert report.error is None, report.error
            return time.perf_counter() - started_at

        without = seconds(lambda: shutil.rmtree(Path(folder) / "features", ignore_errors=True))
        cached = seconds(lambda: None)
    ratio = without / cached
    print(
        f"cache: {NUM_CACHE_TRIALS} trials took {without:.1f} s without and {cached:.1f} s with it, ratio {ratio:.2f}"
    )
    return ratio >= MIN_CACHE_RATIO


def measure_overhead() -> bool:
    ends: list[tuple[float, float]] = []

    def note(record: TrialRecord) -> None:
        assert record.error is None, record.error
        ends.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        default = {f"x{number}": 0.5 for number in range(12)}
        ledger = Ledger(
            folder, twelve_parameters(), default, name="nothing", seed=0, num_trials=NUM_TRIVIAL, on_end=note
        )
        size = FleetSize(workers=1, cpus_per_worker=1, gpus_per_worker=0)
        search_with_tune(ledger, nothing, size, None, folder / "log")
    # The first trial waits for its process to start.
    (first, first_cpu), (last, last_cpu) = ends[0], ends[-1]
    each_ms, cpu_ms = (1000 * spent / (len(ends) - 1) for spent in (last - first, last_cpu - first_cpu))
    print(f"overhead: {each_ms:.1f} ms a trial of {len(ends)}; {cpu_ms:.1f} ms of CPU in the driver")
    return each_ms < MAX_OVERHEAD_MS


def read_features(path: str, steps: "list[Event]") -> None:
    from harness.methods.mfrnet import MFRNetMethod  # what a worker imports
    from mfrnet import FeatureStack

    assert MFRNetMethod.version
    imported, start, read, end = steps
    imported.set()
    start.wait()
    stack = FeatureStack([np.load(path, mmap_mode="r")], (192, 192))
    for batch in stack.batches(16):
        assert batch[0][0, 0, 0, 0] == 0
    read.set()
    end.wait()


def measure_memory() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npy"
        shape = (CACHE_BYTES // (2 * 256 * 12 * 12), 256, 12, 12)
        np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape).flush()
        (bare_one, one), (bare_two, two) = (_total_pss(str(path), count) for count in (1, 2))
    more, more_bare = (two - one) / 1e9, (bare_two - bare_one) / 1e9
    print(
        f"memory: PSS {one / 1e9:.2f} GB for one process, {two / 1e9:.2f} GB for two: {more:.2f} GB more, "
        f"{more_bare:.2f} GB of it Python and its libraries, {more - more_bare:.2f} GB the features"
    )
    return more - more_bare < MAX_MORE_GB


def _total_pss(path: str, count: int) -> tuple[int, int]:
    """Before and after reading, summed over the processes."""
    context = multiprocessing.get_context("spawn")
    started = []
    for _ in range(count):
        steps = [context.Event() for _ in range(4)]
        process = context.Process(target=read_features, args=(path, steps))
        process.start()
        started.append((steps, process))
    for (imported, *_), _process in started:
        imported.wait()
    bare = sum(_pss(process.pid) for _, process in started)
    for (_, start, read, _), _process in started:
        start.set()
        read.wait()
    total = sum(_pss(process.pid) for _, process in started)
    for steps, process in started:
        steps[-1].set()
        process.join()
    return bare, total


def _pss(pid: int | None) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("Pss:"))
    return int(kilobytes) * 1024


MEASUREMENTS = {"cache": measure_cache, "overhead": measure_overhead, "memory": measure_memory}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*MEASUREMENTS, []], help="which (default: all)")
    names = parser.parse_args().names or list(MEASUREMENTS)
    held = [MEASUREMENTS[name]() for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
