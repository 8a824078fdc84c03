"""What a search adds to its trials, what the caches save it, and what trials side by side share.

    python benchmarks/search_speed.py cache      # 30 trials over cached features against 30 without the cache
    python benchmarks/search_speed.py trainings  # 6 trials that share a training against 6 that train
    python benchmarks/search_speed.py overhead   # 200 trials that do nothing, in process and under Ray Tune
    python benchmarks/search_speed.py memory     # two trials at once over 1 GB of features against one

Without a name, all four. The first two are ratios within one run; the third holds on a busy machine as far
as messages get through, hence the driver's CPU time beside it; the last does not depend on load.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from harness.config import Protocol
from harness.datasets.demo import Demo
from harness.execution.session import HERE
from harness.execution.sizing import WorkerSize
from harness.search.evaluation import Evaluation
from harness.search.judged_images import judged_on
from harness.search.ledger import Ledger
from harness.search.local import search_local
from harness.search.trials import TrialRecord, TrialReport
from harness.search.tuning import search_with_tune
from harness.spaces import SearchSpace

NUM_CACHE_TRIALS = 30
NUM_TRAINING_TRIALS = 6
MIN_CACHE_RATIO = 2.0
NUM_TRIVIAL = 200
MAX_OVERHEAD_MS = 40.0
CACHE_BYTES = 10**9
MAX_MORE_GB = 0.8
_WHY = "a benchmark"


def twelve_parameters() -> SearchSpace:
    parameters = {f"x{number}": {"kind": "float", "low": 0, "high": 1, "why": _WHY} for number in range(12)}
    return SearchSpace.model_validate_json(
        json.dumps({"method": "none", "objective": {"metrics": ["image_auroc"]}, "space": parameters})
    )


def nothing(settings: Mapping[str, Any]) -> Iterator[TrialReport]:
    yield TrialReport(step=100, values=(sum(settings.values()),), is_final=True)


def measure_cache() -> bool:
    return _ratio("features", "gaussian", {}, {"smoothing_px": [number / 4 for number in range(NUM_CACHE_TRIALS)]})


def measure_trainings() -> bool:
    values = [number / NUM_TRAINING_TRIALS for number in range(NUM_TRAINING_TRIALS)]
    return _ratio("trainings", "mfrnet", {"steps": 200}, {"context_scaling": values})


def _ratio(saved: str, method: str, fixed: Mapping[str, Any], varied: Mapping[str, list[float]]) -> bool:
    """Trials that find in a folder of the cache what the first one left there, against trials that find nothing."""
    ((name, values),) = varied.items()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_CACHE"] = folder
        protocol = Protocol(image_size_px=128)
        judged = judged_on("synthetic", Demo(), Path(), "tile", "published", protocol, 0, folder=Path(folder))
        parameter = {"kind": "float", "low": min(values), "high": max(values), "why": _WHY}
        space = SearchSpace.model_validate_json(
            json.dumps({"method": method, "objective": {"metrics": ["image_auroc"]}, "space": {name: parameter}})
        )
        evaluation = Evaluation(
            method=method, base_settings={"backbone": "filter_bank", **fixed}, goals=space.goals, fidelity=None,
            categories=(judged,), protocol=protocol, seed=0, device="cpu",
        )  # fmt: skip

        def seconds(before_each: Callable[[], None]) -> float:
            started_at = time.perf_counter()
            for value in values:
                before_each()
                (report,) = evaluation({name: value})
                assert report.error is None, report.error
            return time.perf_counter() - started_at

        without = seconds(lambda: shutil.rmtree(Path(folder) / saved, ignore_errors=True))
        cached = seconds(lambda: None)
    ratio = without / cached
    print(f"{saved}: {len(values)} trials took {without:.1f} s without and {cached:.1f} s with it, ratio {ratio:.2f}")
    return ratio >= MIN_CACHE_RATIO


def measure_overhead() -> bool:
    ways: dict[str, Callable[[Ledger, WorkerSize, Path], None]] = {
        "in process": lambda ledger, size, log: search_local(ledger, nothing),
        "Ray Tune": lambda ledger, size, log: search_with_tune(ledger, nothing, size, HERE, log),
    }
    return max([_overhead_ms(name, search) for name, search in ways.items()]) < MAX_OVERHEAD_MS


def _overhead_ms(name: str, search: Callable[[Ledger, WorkerSize, Path], None]) -> float:
    ends: list[tuple[float, float]] = []

    def note(record: TrialRecord) -> None:
        assert record.error is None, record.error
        ends.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        default = {f"x{number}": 0.5 for number in range(12)}
        ledger = Ledger(
            folder, twelve_parameters(), default, name="nothing", seed=0, num_trials=NUM_TRIVIAL, on_end=note
        )
        search(ledger, WorkerSize(workers=1, cpus_per_worker=1, gpus_per_worker=0), folder / "log")
    # The first trial waits for its process to start.
    (first, first_cpu), (last, last_cpu) = ends[0], ends[-1]
    each_ms, cpu_ms = (1000 * spent / (len(ends) - 1) for spent in (last - first, last_cpu - first_cpu))
    print(f"overhead, {name}: {each_ms:.1f} ms a trial of {len(ends)}; {cpu_ms:.1f} ms of CPU in the driver")
    return each_ms


@dataclass(frozen=True)
class TrainOnMapped:
    """A trial that fits MFRNet, which reads all of the features, and stays until all trials are as far."""

    folder: Path
    num_trials: int

    def __call__(self, settings: Mapping[str, Any]) -> Iterator[TrialReport]:
        """See ``TrialWork``."""
        from mfrnet import FeatureStack, MFRNetSettings, fit_detector

        stack = FeatureStack([np.load(self.folder / "features.npy", mmap_mode="r")], (192, 192))
        fit_detector(stack, MFRNetSettings(backbone="filter_bank", steps=20), seed=0)
        (self.folder / f"trained-{os.getpid()}").touch()
        while len([*self.folder.glob("trained-*")]) < self.num_trials:
            time.sleep(0.1)
        time.sleep(1)  # to be seen
        yield TrialReport(step=100, values=(0.0,), is_final=True)


def search_mapped(folder: Path, num_trials: int) -> None:
    default = {f"x{number}": 0.5 for number in range(12)}
    ledger = Ledger(folder, twelve_parameters(), default, name="mapped", seed=0, num_trials=num_trials)
    size = WorkerSize(workers=num_trials, cpus_per_worker=1, gpus_per_worker=0)
    search_with_tune(ledger, TrainOnMapped(folder, num_trials), size, HERE, folder / "log")
    assert all(record.error is None for record in ledger.records), ledger.records


def measure_memory() -> bool:
    one, two = (_most_memory(count) for count in (1, 2))
    more = (two - one) / 1e9
    print(
        f"memory: with {CACHE_BYTES / 1e9:.0f} GB of mapped features all processes of a search have {one / 1e9:.2f} GB "
        f"(PSS) with one trial and {two / 1e9:.2f} GB with two at once: {more:.2f} GB more"
    )
    return more < MAX_MORE_GB


def _most_memory(num_trials: int) -> int:
    """The most that a search and all its processes hold at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = (CACHE_BYTES // (2 * 256 * 48 * 48), 256, 48, 48)
        np.lib.format.open_memmap(folder / "features.npy", mode="w+", dtype=np.float16, shape=shape).flush()
        # Imported by its name, as Ray's workers must find the class of the trial in this module.
        here = Path(__file__)
        command = f"import {here.stem} as own, pathlib; own.search_mapped(pathlib.Path({name!r}), {num_trials})"
        surroundings = os.environ | {"PYTHONPATH": os.pathsep.join([str(here.parent), str(here.parents[1])])}
        search = subprocess.Popen([sys.executable, "-c", command], env=surroundings)
        most = 0
        while search.poll() is None:
            most = max(most, _pss_of_tree(search.pid))
            time.sleep(0.2)
        assert search.returncode == 0
        return most


def _pss_of_tree(pid: int | None) -> int:
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total


MEASUREMENTS = {
    "cache": measure_cache,
    "trainings": measure_trainings,
    "overhead": measure_overhead,
    "memory": measure_memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*MEASUREMENTS, []], help="which (default: all)")
    names = parser.parse_args().names or list(MEASUREMENTS)
    held = [MEASUREMENTS[name]() for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
