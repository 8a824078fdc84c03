"""Which twins are found, and which images are accused of being twins that merely look alike.

    python -m benchmarks.twins_precision                 # generated look-alikes, without twins and with planted ones
    python -m benchmarks.twins_precision --data DIR      # and MTD's exposures and KSDD's equal files, where they are

Generated: 400 parts each, and 40 of them photographed a second time in six ways (other exposure, other gamma, shift of
5 pixels, more noise, JPEG, all of them). Screws lie in any pose on a plain background, plates are upright; ``marks`` is
how strong what tells two of them apart is, against noise of 2 grey values. The surfaces of the demo are 128 pixels
wide, so that a shift of 5 pixels is twice as far. Series are six photographs of a plate each, in which a spot grows and
the camera drifts, among plates photographed once. Precision and recall are of pairs; an image is accused if it is in a
group with no image of its own part.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.datasets import Sample
from harness.datasets.demo.generator import SURFACES
from harness.datasets.finding import find
from harness.datasets.twins import find_twins, samples_of
from harness.synthetic.exact import ExactRng
from tests.support.exposure_series import whole_series
from tests.support.parts import SECOND_PHOTOGRAPHS, photograph, photographs, plate, screw

NUM_PARTS = 400
NUM_TWINS = 40
NUM_SERIES, SERIES_LENGTH = 30, 6

Photographs = tuple[list[NDArray[np.uint8]], list[int], list[str]]


def of_demo(category: str, num_parts: int, num_twins: int) -> Photographs:
    """As `photographs`, of a surface of the demo."""
    surface = SURFACES[category]
    images, parts, how = [], [], []
    for part in range(num_parts):
        rng = ExactRng(5, *category.encode(), part)
        scene = surface.normal(rng)
        images.append(np.rint(surface.camera.shoot(scene, rng).mean(2)).astype(np.uint8))
        parts.append(part)
        how.append("")
        if part < num_twins:
            kind = list(SECOND_PHOTOGRAPHS)[part % len(SECOND_PHOTOGRAPHS)]
            wide = np.pad(scene.mean(2), 8, mode="reflect")
            second = photograph(wide, np.random.default_rng(part), **SECOND_PHOTOGRAPHS[kind])  # type: ignore[arg-type]
            images.append(second)
            parts.append(part)
            how.append(kind)
    return images, parts, how


def in_series(num_parts: int, num_series: int) -> Photographs:
    """Plates photographed once, and series of photographs of one plate each."""
    images, parts, how = [], [], []
    for part in range(num_parts):
        rng = np.random.default_rng([1, part])
        scene = plate(rng)
        down, right = np.mgrid[: scene.shape[0], : scene.shape[1]] - 136
        for moment in range(SERIES_LENGTH if part < num_series else 1):
            worn = scene - 0.3 * np.exp(-(down**2 + right**2) / (1 + 4 * moment) ** 2 / 2)
            images.append(photograph(worn, rng, gain=1 - 0.03 * moment, shift_px=(moment // 2, -(moment // 3))))
            parts.append(part)
            how.append("later" if moment else "")
    return images, parts, how


def tell(name: str, ids: Sequence[str], parts: Sequence[object], how: Sequence[str], samples: Sequence[Sample]) -> None:
    started = time.perf_counter()
    groups = [group.ids for group in find_twins(samples)]
    seconds = time.perf_counter() - started
    part_of = dict(zip(ids, parts, strict=True))
    how_of = dict(zip(ids, how, strict=True))
    together: dict[object, list[str]] = {}
    for sample_id, part in part_of.items():
        together.setdefault(part, []).append(sample_id)
    expected = {pair for same in together.values() for pair in combinations(sorted(same), 2)}
    found = {pair for group in groups for pair in combinations(sorted(group), 2)}
    accused = sum(
        all(part_of[one] != part_of[other] for other in group if other != one) for group in groups for one in group
    )
    right = expected & found
    missed = Counter(how_of[second] or how_of[first] for first, second in expected - found)
    print(
        f"{name:28s} precision {_share(len(right), len(found))} ({len(found) - len(right)} of {len(found)} wrong), "
        f"recall {_share(len(right), len(expected))}, accused {accused / len(ids):.1%}, "
        f"largest group {max(map(len, groups), default=0)}, {seconds:.1f} s"
        + (f"; missed {dict(missed)}" if missed else ""),
        flush=True,
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "    -"


def tell_generated(name: str, made: Photographs) -> None:
    images, parts, how = made
    # In an order that says nothing, except for series.
    order = np.arange(len(images)) if "later" in how else np.random.default_rng(0).permutation(len(images))
    with tempfile.TemporaryDirectory(prefix="twins-") as folder:
        samples = []
        for place, index in enumerate(order):
            path = Path(folder) / f"{place:04d}.png"
            Image.fromarray(images[index]).save(path, compress_level=1)
            samples.append(Sample(path.name, path, None, False, "good"))
        ids = [sample.id for sample in samples]
        tell(name, ids, [parts[index] for index in order], [how[index] for index in order], samples)


def tell_mtd(data: Path) -> None:
    """Series of six exposures, by the numbers of their frames."""
    samples = [sample for sample in samples_of(find("mtd", data), data, "mtd") if not sample.is_defect]
    whole = whole_series(sample.id for sample in samples)
    part_of = {sample_id: number for number, same in enumerate(whole) for sample_id in same}
    expected = {pair for same in whole for pair in combinations(sorted(same), 2)}
    found = {pair for group in find_twins(samples) for pair in combinations(sorted(group.ids), 2)}
    wrong = {(a, b) for a, b in found - expected if part_of.get(a) is not None and part_of.get(b) is not None}
    recall = len(expected & found) / len(expected)
    print(
        f"{'MTD, normal':28s} recall {recall:.3f} of {len(expected)} pairs in whole series; "
        f"{len(found - expected)} pairs more, {len(wrong)} of them between two whole series (tiles photographed twice "
        "or wrong)"
    )


def tell_ksdd(data: Path) -> None:
    samples = samples_of(find("ksdd", data), data, "ksdd")
    groups = [group for group in find_twins(samples) if {"kos01", "kos26"} & {i.split("/")[0] for i in group.ids}]
    copies = sum(group.are_copies for group in groups)
    print(f"{'KSDD, kos01 = kos26':28s} {copies} groups of equal files, {len(groups) - copies} others of these items")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="data root with mtd and ksdd")
    parser.add_argument("--parts", type=int, default=NUM_PARTS, help="parts of each generated category")
    chosen = parser.parse_args()
    makers: dict[str, Callable[[int, int], Photographs]] = {
        "screws, marks of 8 grey": partial(photographs, screw),
        "screws, marks of 2 grey": partial(photographs, partial(screw, marks=0.009)),
        "plates, marks of 5 grey": partial(photographs, plate),
        "plates, marks of 1.5 grey": partial(photographs, partial(plate, marks=0.006)),
        **{f"demo, {category}": partial(of_demo, category) for category in SURFACES},
    }
    with tempfile.TemporaryDirectory(prefix="twins-cache-") as cache:
        os.environ["BENCH_CACHE"] = cache
        for num_twins in (0, NUM_TWINS * chosen.parts // NUM_PARTS):
            print(f"\n{chosen.parts} parts, {num_twins} of them twice")
            for name, make in makers.items():
                tell_generated(name, make(chosen.parts, num_twins))
        tell_generated("plates, series", in_series(chosen.parts, NUM_SERIES))
        if chosen.data is not None:
            print()
            tell_mtd(chosen.data)
            tell_ksdd(chosen.data)


if __name__ == "__main__":
    main()
