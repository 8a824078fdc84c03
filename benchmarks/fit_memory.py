"""Peak memory of a fit over few and over many images, as a multi-class fit has them: it should hardly grow.

    python benchmarks/fit_memory.py --method mfrnet --images 500 10000

Each size runs in a process of its own, on generated images; the figure is the growth of the resident size from before
the features are computed to the end of the fit, memory-mapped files included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="mfrnet")
    parser.add_argument("--images", type=int, nargs="+", default=[500, 10_000])
    parser.add_argument("--size-px", type=int, default=96)
    parser.add_argument("--backbone", default="filter_bank")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--one", type=int, help="measure one size in this process")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.method, asked.one, asked.size_px, asked.backbone, asked.steps)))
        return
    for count in asked.images:
        command = [sys.executable, __file__, "--one", str(count), "--method", asked.method]
        command += ["--size-px", str(asked.size_px), "--backbone", asked.backbone, "--steps", str(asked.steps)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


def measured(method: str, count: int, size_px: int, backbone: str, steps: int) -> dict[str, object]:
    """Fit once and say what it took."""
    from harness.cells.peak_memory import PeakMemory
    from harness.images import ImageSet
    from harness.methods import METHODS
    from harness.methods.base import MethodContext
    from harness.methods.feature_cache import FeatureCache

    kind = METHODS.get(method)
    known = {"backbone": backbone, "steps": steps, "grid_stride_px": 8, "width": 32}
    settings = kind.Settings(**{name: value for name, value in known.items() if hasattr(kind.Settings(), name)})
    with tempfile.TemporaryDirectory() as scratch:
        paths = []
        for number in range(count):
            path = Path(scratch) / f"{number}.png"
            small = np.random.default_rng(number).integers(60, 190, (size_px // 8, size_px // 8, 3), dtype=np.uint8)
            Image.fromarray(small).resize((size_px, size_px)).save(path, compress_level=1)
            paths.append(path)
        ids = tuple(path.name for path in paths)
        images = ImageSet(ids=ids, paths=tuple(paths), size_px=(size_px, size_px), key=f"generated {count}")
        context = MethodContext(seed=0, device="cpu", features=FeatureCache(Path(scratch) / "features"))
        started = time.perf_counter()
        with PeakMemory("cpu") as peak:
            kind(settings, context).fit(images, lambda *_: None)
    assert peak.process_bytes is not None, "this kernel does not let a process reset its peak"
    return {
        "method": method,
        "images": count,
        "size_px": size_px,
        "backbone": backbone,
        "peak_mb": round(peak.process_bytes / 1e6),
        "seconds": round(time.perf_counter() - started),
    }


if __name__ == "__main__":
    main()
