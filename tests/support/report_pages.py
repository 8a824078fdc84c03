"""Stores with records for the report page: a hostile small one, and one of the size of a published benchmark."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from harness.records import ImageScore
from harness.store import RecordStore
from tests.support import records as make
from tests.support.scores import drawn_scores, scored_record

HOSTILE = "</script><script>alert(1)</script>"
"""A name that would run where it is not escaped."""


def panels_of(
    results: Path, dataset: str, category: str, cell_id: str, names: list[str], *, size_px: tuple[int, int] = (96, 40)
) -> list[Path]:
    """Heat maps of a cell, where ``bench run --panels`` writes them."""
    folder = results / "panels" / dataset / category / f"mfrnet-seed0-{cell_id}"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in names:
        noise_HW3 = rng.integers(0, 255, (size_px[1], size_px[0], 3), dtype=np.uint8)
        Image.fromarray(noise_HW3).save(folder / name)
    return [folder / name for name in names]


def small_store(folder: Path) -> RecordStore:
    """Two splits, two data sets, three methods of which one failed, hostile names, heat maps and quiet costs."""
    store = RecordStore(str(folder))
    for split in ("published", "grouped-1.1"):
        for dataset, categories in (("castings", ("front", HOSTILE.replace("/", "|"))), ("plates", ("plates",))):
            for category in categories:
                for number, method in enumerate(("mfrnet", "gaussian")):
                    for seed in (0, 1, 2):
                        identity = make.identity(
                            dataset=dataset, category=category, method=method, seed=seed, split=split,
                            settings={"note": HOSTILE, "k": number + 2},
                        )  # fmt: skip
                        scores = drawn_scores(10 * number + seed, gain=2.0 - number)
                        store.write(scored_record(identity, _with_kinds(scores)))
                        store.write_costs(make.cost_record(identity.cell_id, latency_p50_seconds=0.02 * (number + 1)))
                        if (method, seed, dataset) == ("mfrnet", 0, "castings"):
                            names = [f"{kind}-{image:03}.png" for kind in ("hole", "good") for image in range(10)]
                            panels_of(folder, dataset, category, identity.cell_id, names)
    failed = make.identity(dataset="plates", category="plates", method="padim", split="published")
    store.write(make.failure_record(identity=failed, error=f"DataError: {HOSTILE} is truncated"))
    return store


def large_store(folder: Path, *, num_categories: int = 15, num_methods: int = 5, num_panels: int = 0) -> RecordStore:
    """A store as large as MVTec AD with five methods and three seeds: 115 test images a category."""
    store = RecordStore(str(folder))
    curve = tuple(np.linspace(0, 1, 101) ** 0.3)
    for category in range(num_categories):
        for method in range(num_methods):
            for seed in range(3):
                identity = make.identity(
                    dataset="castings", category=f"part_{category:02}", method=f"method_{method}", seed=seed,
                    settings={f"setting_{number}": number / 7 for number in range(30)},
                )  # fmt: skip
                scores = drawn_scores(1000 * category + 10 * method + seed, num_images=58)
                store.write(scored_record(identity, scores, overlap_curve=curve))
                if num_panels and seed == 0:
                    names = [f"{kind}-{image:03}.png" for kind in ("hole", "good") for image in range(num_panels // 2)]
                    paths = panels_of(folder, "castings", f"part_{category:02}", identity.cell_id, names[:1])
                    for name in names[1:]:
                        (paths[0].parent / name).hardlink_to(paths[0])
    return store


def page_data(page: str) -> list[dict[str, object]]:
    """What the scripts of a page draw from, one of each data set."""
    parts = page.split('<script type="application/json"')[1:]
    return [json.loads(part.split(">", 1)[1].split("</script>", 1)[0]) for part in parts]


def _with_kinds(scores: tuple[ImageScore, ...]) -> tuple[ImageScore, ...]:
    """Every other defect has a kind whose name is hostile."""
    return tuple(
        ImageScore(
            image_id=score.image_id,
            is_defect=score.is_defect,
            defect_kind=HOSTILE if score.is_defect and number % 2 else score.defect_kind,
            anomaly_score=score.anomaly_score,
        )
        for number, score in enumerate(scores)
    )
