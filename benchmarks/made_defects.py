"""Whether made defects rank settings as test images do.

    python benchmarks/made_defects.py ksdd --data DIR
    python benchmarks/made_defects.py mtd --data DIR --split grouped --points 33 --out FILE.json

The defaults and random points of search_spaces/mfrnet_judging.toml, but for n and scoring_cells, which would change
what a point costs. One network serves all of them: trained as for a search, without the images that defects are made
on, it judges those and the test images. Prints Spearman's rank correlation of the objective, and of its two metrics.
Nothing is chosen by it.
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from harness.cells.masked_maps import mask_of
from harness.cells.opened_cell import image_sets
from harness.cells.scoring import maps_for, score_all
from harness.config import Protocol, build_settings
from harness.jobs.targets import named
from harness.methods.base import MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.methods.mfrnet import MFRNetMethod
from harness.methods.training_cache import TrainingCache
from harness.search.judged_images import judged_on
from harness.search.trials import as_lists
from harness.spaces import load_space
from mfrnet import MFRNetSettings

SPACE = Path(__file__).parents[1] / "search_spaces/mfrnet_judging.toml"
KEPT = ("n", "scoring_cells")
EVERY_PX = 3
"""Pixels are compared on a grid this wide."""


def random_points(num: int) -> list[dict[str, Any]]:
    """The defaults first."""
    space = load_space(SPACE)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [as_lists(space.suggest(study.ask())) for _ in range(num - 1)]
    return [{}, *({name: value for name, value in point.items() if name not in KEPT} for point in drawn)]


def measured(name: str, root: Path, split: str, num: int, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """For made defects and for test images: image AUROC and pixel AP of every point."""
    dataset, category = named(name, root)
    (category,) = dataset.categories(root) if category is None else [category]
    protocol = Protocol()
    judged = judged_on("synthetic", dataset, root, category, split, protocol, 0, folder=folder)
    tested = judged.reported.test
    every = (*judged.split.test, *tested)
    whole = replace(judged.split, test=every)
    train, test = image_sets(whole, judged.size_px, protocol, f"{judged.key} with test images")
    labels_B = np.array([sample.is_defect for sample in every])
    masks = [mask_of(sample, test.size_px, protocol)[::EVERY_PX, ::EVERY_PX].ravel() for sample in every]
    parts = {"made": slice(0, len(judged.split.test)), "test": slice(len(judged.split.test), len(every))}
    found: dict[str, list[tuple[float, float]]] = {part: [] for part in parts}
    for point in random_points(num):
        context = MethodContext(seed=0, device="cpu", features=FeatureCache(), trainings=TrainingCache())
        method = MFRNetMethod(build_settings("mfrnet", MFRNetSettings, point), context)
        method.fit(train, lambda done, total, loss: None)
        with maps_for(test) as maps:
            scores_B = np.asarray(score_all(method, test, protocol, maps, lambda progress: None))
            pixels = [map_YX[::EVERY_PX, ::EVERY_PX].ravel() for map_YX in maps]
        for part, chosen in parts.items():
            auroc = float(roc_auc_score(labels_B[chosen], scores_B[chosen]))
            precision = average_precision_score(np.concatenate(masks[chosen]), np.concatenate(pixels[chosen]))
            found[part].append((auroc, float(precision)))
        print(json.dumps({"point": point, **{part: each[-1] for part, each in found.items()}}), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a data set, or DATASET/CATEGORY")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="published")
    parser.add_argument("--points", type=int, default=33)
    parser.add_argument("--out", type=Path, help="a JSON file for what each point has")
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("BENCH_CACHE", folder)
        found = measured(asked.name, asked.data.absolute(), asked.split, asked.points, Path(folder))
    made, test = (np.array(found[part]) for part in ("made", "test"))
    for title, one, other in (
        ("objective", made.mean(axis=1), test.mean(axis=1)),
        ("image AUROC", made[:, 0], test[:, 0]),
        ("pixel AP", made[:, 1], test[:, 1]),
    ):
        rho = spearmanr(one, other)
        print(
            f"{title}: rho {rho.statistic:+.2f} (p = {rho.pvalue:.3f}); on test images the best point of made defects "
            f"has {other[one.argmax()]:.3f}, the defaults {other[0]:.3f}, the best of all {other.max():.3f}"
        )
    if asked.out is not None:
        asked.out.write_text(json.dumps({"points": random_points(asked.points), **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
