"""Peak memory of ``bench submit`` on large images, for few and for more of them: it should not grow.

Generates one object of MVTec AD 2's layout, fits a detector on tiles, and submits in a process of its own.

    python benchmarks/submit_memory.py --method gaussian --images 1,3
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

SIZE_PX = (2048, 2448)
OBJECT = "fabric"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="gaussian")
    parser.add_argument(
        "--images", default="1,3", help="private images of each of the two sets, one run for each number"
    )
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--in-process", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    counts = [int(text) for text in arguments.images.split(",")]
    if arguments.in_process:
        submit(arguments.in_process, arguments.method, counts[0], arguments.tile)
        return
    print(f"{arguments.method}, tiles of {arguments.tile} px, images of {SIZE_PX[0]} x {SIZE_PX[1]} pixels")
    with tempfile.TemporaryDirectory() as scratch:
        for count in counts:
            folder = Path(scratch, str(count))
            generate(folder / "data", count)
            ended = subprocess.run(
                [
                    sys.executable, __file__, "--method", arguments.method, "--images", str(count),
                    "--tile", str(arguments.tile), "--in-process", str(folder),
                ],
                check=True, capture_output=True, text=True,
                env=os.environ | {"BENCH_CACHE": str(folder / "cache")},
            )  # fmt: skip
            print(f"{2 * count} private images: {ended.stdout.strip()}", flush=True)


def generate(root: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    folder = root / "mvtec_ad_2" / OBJECT
    names = [f"train/good/{number:03d}_regular.png" for number in range(4)]
    names += [f"validation/good/{number:03d}_regular.png" for number in range(2)]
    names += ["test_public/good/000_regular.png"]
    for number in range(count):
        names += [f"test_private/{number:03d}_regular.png", f"test_private_mixed/{number:03d}_mixed.png"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(90, 140, (*SIZE_PX, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name, compress_level=1)


def submit(folder: Path, method: str, count: int, tile: int) -> None:
    import harness
    from harness.datasets.readers.mvtec_ad_2 import MVTecAD2

    MVTecAD2.private_counts = {OBJECT: count}
    settings = {"backbone": "filter_bank"} if method != "constant" else {}
    asked = {
        "methods": {method: settings}, "protocol": {"image_size_px": tile, "aspect": "tiles"}, "data": folder / "data",
        "device": "cpu",
    }  # fmt: skip
    harness.fit(asked, datasets=[f"mvtec_ad_2/{OBJECT}"], out=folder / "models" / f"mvtec_ad_2-{OBJECT}")
    fitted = peak_mb()
    done = harness.submit(settings=asked, out=folder / "submission", models=folder / "models")
    assert not done.faults, done.faults
    print(f"peak {fitted:,.0f} MB after the fit, {peak_mb():,.0f} MB at the end")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
