"""PaDiM on four demo categories: `bench run --workers 2` against anomalib's own benchmark pipeline.

Both start from nothing: new processes, an empty feature cache, images that exist already. Both use one file of
random weights, the same images, resnet18 and the same size. anomalib's pipeline runs jobs one after another on a
CPU, because its parallel runner gives each job a GPU of its own. It is therefore timed twice: as it is, and as two
pipelines at once with half of the categories each, which is the fairest comparison on two cores. Neither side
measures latency or size; ours also computes AUPRO and pixel AP and stores a record of each cell.

    python benchmarks/baselines_speed.py            # three runs of each, medians
    python benchmarks/baselines_speed.py --runs 1
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

CATEGORIES = ("board", "fabric", "nut", "tile")
IMAGE_SIZE_PX = 192
MIN_RATIO = 2.0

PIPELINE = """
import sys, time
started = time.perf_counter()
import torch
torch.set_num_threads(1)
import timm
from pathlib import Path
from torchvision.transforms.v2 import Compose, Normalize, Resize

create = timm.create_model
def with_weights(name, pretrained=False, **arguments):
    arguments.pop("pretrained_cfg", None)
    model = create(name, pretrained=False, **arguments)
    if pretrained:
        model.load_state_dict(torch.load(sys.argv[1], weights_only=True), strict=False)
    return model
timm.create_model = with_weights

from jsonargparse import Namespace
from anomalib.models import Padim
from anomalib.pipelines import Benchmark
from anomalib.pre_processing import PreProcessor
Padim.configure_pre_processor = staticmethod(lambda image_size=None: PreProcessor(
    transform=Compose([Resize((SIZE, SIZE)), Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])))
print("imports", time.perf_counter() - started, flush=True)
started = time.perf_counter()
Benchmark().run(Namespace(config=sys.argv[2]))
print("jobs", time.perf_counter() - started, flush=True)
""".replace("SIZE", str(IMAGE_SIZE_PX))


class CpuClock:
    """Adds up the processor time of a process and all it starts, by looking every half second."""

    def __init__(self) -> None:
        self._roots: list[psutil.Process] = []
        self._seconds: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def add(self, pid: int) -> None:
        """Watch one more process."""
        self._roots.append(psutil.Process(pid))

    def stop(self) -> float:
        """Stop watching; returns seconds."""
        self._ended.set()
        self._thread.join()
        return sum(self._seconds.values())

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            for root in self._roots:
                with suppress(psutil.Error):
                    for process in (root, *root.children(recursive=True)):
                        with suppress(psutil.Error):
                            times = process.cpu_times()
                            self._seconds[process.pid, process.create_time()] = times.user + times.system


def ours(folder: Path, weights: Path, environment: dict[str, str]) -> dict[str, float]:
    command = [
        sys.executable, "-c", "from harness.cli import main; main()", "run", "--datasets", "demo",
        "--categories", ",".join(CATEGORIES), "--methods", "padim", "--backbone", "resnet18",
        "--workers", "2", "--json",
        "--weights", f"resnet18={weights}", "--image-size", str(IMAGE_SIZE_PX), "--results", str(folder / "results"),
    ]  # fmt: skip
    clock = CpuClock()
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    clock.add(process.pid)
    output = process.communicate()[0]
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"bench run ended with {process.returncode}:\n{output[-4000:]}")
    return {"seconds": seconds, "all processes' CPU": clock.stop(), **phases_of(folder / "results")}


def phases_of(results: Path) -> dict[str, float]:
    from harness.store import RecordStore

    frame = RecordStore(str(results)).frame()
    return {"fit": frame["fit_seconds"].sum(), "score": frame["score_seconds"].sum()}


def theirs(folder: Path, weights: Path, environment: dict[str, str], at_once: int) -> dict[str, float]:
    root = Path(environment["BENCH_CACHE"]) / "demo-1"
    configs = [folder / f"{number}-of-{at_once}.yaml" for number in range(at_once)]
    for number, config in enumerate(configs):
        # JSON is YAML.
        config.write_text(json.dumps(pipeline_config(root, CATEGORIES[number::at_once])))
    clock = CpuClock()
    started = time.perf_counter()
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", PIPELINE, str(weights), str(config)],
            env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for config in configs
    ]  # fmt: skip
    for process in processes:
        clock.add(process.pid)
    outputs = [process.communicate()[0] for process in processes]
    seconds = time.perf_counter() - started
    for process, output in zip(processes, outputs, strict=True):
        if process.returncode or "There were some errors" in output:
            raise SystemExit(f"anomalib's pipeline ended with {process.returncode}:\n{output[-4000:]}")
    lines = [line.split() for output in outputs for line in output.splitlines()]
    parts = {
        name: [float(line[1]) for line in lines if line[:1] == [name] and len(line) == 2]
        for name in ("imports", "jobs")
    }
    return {
        "seconds": seconds,
        "all processes' CPU": clock.stop(),
        **{name: max(values) for name, values in parts.items()},
    }


def pipeline_config(root: Path, categories: Sequence[str]) -> dict[str, object]:
    data = {"root": str(root), "category": {"grid": list(categories)}, "num_workers": 0}
    job = {
        "seed": 0,
        "model": {"class_path": "Padim"},
        "data": {"class_path": "MVTecAD", "init_args": data},
    }
    return {"accelerator": "cpu", "benchmark": job}


def prepare(folder: Path) -> tuple[Path, dict[str, str]]:
    """Random weights, and the demo images where both sides look for them."""
    import timm
    import torch

    from harness.datasets.demo import Demo

    torch.manual_seed(0)
    weights = folder / "resnet18.pth"
    torch.save(timm.create_model("resnet18", pretrained=False).state_dict(), weights)
    os.environ["BENCH_CACHE"] = str(folder / "cache")
    for category in CATEGORIES:
        Demo().split(Path(), category, 0)
    return weights, {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args(arguments)
    found: dict[str, list[dict[str, float]]] = {
        "bench": [],
        "anomalib": [],
        "anomalib, two at once": [],
    }
    with tempfile.TemporaryDirectory(prefix="baselines-speed-") as scratch:
        weights, environment = prepare(Path(scratch))
        for number in range(asked.runs):
            folder = Path(scratch) / f"run-{number}"
            folder.mkdir()
            # By turns, so that a busy machine slows all of them alike.
            # The features of an earlier run would be a head start.
            shutil.rmtree(Path(environment["BENCH_CACHE"]) / "features", ignore_errors=True)
            found["bench"].append(ours(folder, weights, environment))
            found["anomalib"].append(theirs(folder, weights, environment, at_once=1))
            found["anomalib, two at once"].append(theirs(folder, weights, environment, at_once=2))
            print(json.dumps({name: runs[-1] for name, runs in found.items()}), flush=True)
    table = Table("", "median s", "of that")
    medians = {name: statistics.median(run["seconds"] for run in runs) for name, runs in found.items()}
    for name, runs in found.items():
        parts = [key for key in runs[0] if key != "seconds"]
        text = ", ".join(f"{key} {statistics.median(run[key] for run in runs):.1f}" for key in parts)
        table.add_row(name, f"{medians[name]:.1f}", text)
    Console().print(table)
    for theirs_name in ("anomalib", "anomalib, two at once"):
        print(f"{theirs_name} takes {medians[theirs_name] / medians['bench']:.2f} times as long as bench")
    # Like for like: the same work, and two processes each.
    judged = medians["anomalib, two at once"] / medians["bench"]
    print(f"Expected of the last one: at least {MIN_RATIO}")
    return 0 if judged >= MIN_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
