"""Intervals for the numbers of the tables, from the scores of the test images.

Shapes: R resamples, S seeds.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.leaderboard.standings import NOTHING_EXPECTED, Expected, Standings, laid_out
from harness.metrics.catalogue import is_image_metric
from harness.records import ImageScore
from harness.stats import NUM_RESAMPLES, ImagePool, percentile_interval, resampled_metrics

ImageScoresOf = Callable[[str], tuple[ImageScore, ...]]
"""Cell id to the scores of its test images, as ``RecordStore.image_scores``."""

Groups = Mapping[tuple[str, str], Mapping[str, str]]
"""Data set and category to image id to the id of its group of near duplicates."""

MEAN = "mean"
NO_GROUPS: Groups = {}


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Bootstrap intervals over test images."""

    ends: Mapping[tuple[str, str, str, str], tuple[float, float]] = field(default_factory=dict, repr=False)
    """Data set, category (or ``mean``), row label and metric to both ends, fractions."""
    independent: tuple[str, ...] = ()
    """Data sets whose images were taken as independent, because their near duplicates are not known."""

    def remark(self, datasets: Collection[str]) -> str:
        """For a caption: what was resampled; empty without an interval of these data sets."""
        shown = sorted({dataset for dataset, *_ in self.ends} & set(datasets))
        return resampling_text(shown, [dataset for dataset in shown if dataset in self.independent])


def resampling_text(datasets: Collection[str], independent: Collection[str]) -> str:
    """What the bootstrap resampled.

    Args:
        datasets: All data sets that were resampled.
        independent: Those of them whose near duplicates are not known.

    >>> resampling_text(["ksdd", "mtd"], ["ksdd"])
    'Near duplicates among the test images were resampled together, except for ksdd, where they are not known.'
    """
    if not datasets:
        return ""
    if len(independent) == len(datasets):
        return "Near duplicates among the test images are not known; the bootstrap took all images as independent."
    exception = f", except for {', '.join(independent)}, where they are not known" if independent else ""
    return f"Near duplicates among the test images were resampled together{exception}."


def ungrouped_datasets(frame: pd.DataFrame, image_scores: ImageScoresOf, groups: Groups) -> tuple[str, ...]:
    """Data sets with a category whose near duplicates neither ``groups`` nor the stored scores tell."""
    first = frame[frame["status"] == "ok"].drop_duplicates(["dataset", "category"])
    return tuple(
        sorted(
            {
                str(cell["dataset"])
                for cell in first[["dataset", "category", "cell_id"]].to_dict("records")
                if (cell["dataset"], cell["category"]) not in groups
                and any(score.group is None for score in image_scores(cell["cell_id"]))
            }
        )
    )


def intervals_of(
    frame: pd.DataFrame,
    image_scores: ImageScoresOf,
    metrics: Sequence[str],
    *,
    expected: Expected = NOTHING_EXPECTED,
    groups: Groups = NO_GROUPS,
    num_resamples: int = NUM_RESAMPLES,
) -> Intervals:
    """Bootstrap intervals of the image metrics of every row, category and mean that the tables show.

    They cover the choice of test images; see ``harness.stats.bootstrap`` for what they do not cover. Categories are
    resampled independently of each other. Equal records and groups give equal bits, whatever else the frame holds.

    Args:
        frame: Records as ``select`` returns them.
        image_scores: Called once for every finished cell whose number is shown.
        metrics: Columns of the tables; only image metrics get intervals.
        expected: Data set to the categories that its mean needs, as the tables were given it.
        groups: Near duplicates, where the stored scores do not have them.
        num_resamples: R.

    Returns:
        The intervals. What is withheld in the tables, or has too few images to resample, has none.

    Raises:
        StoreError: The records must not stand in one table (see ``select``), or scores cannot be read.
    """
    resampled = [metric for metric in metrics if is_image_metric(metric)]
    found: dict[tuple[str, str, str, str], tuple[float, float]] = {}
    if not resampled or frame.empty:
        return Intervals()
    labelled, all_standings = laid_out(frame, resampled, expected)
    for standings in all_standings:
        for row in standings.rows:
            records = labelled[(labelled["dataset"] == standings.dataset) & (labelled["row"] == row)]
            values = _row_values(records, standings, row, image_scores, groups, num_resamples)
            for metric in resampled:
                for category, of_metric in values.items():
                    key = (standings.dataset, category, row, metric)
                    found[key] = percentile_interval(of_metric[metric])
                needed = standings.measured_categories(metric)
                if standings.mean(row, metric).mean is not None and values.keys() >= set(needed):
                    mean_R = np.mean([values[category][metric] for category in needed], axis=0)
                    found[standings.dataset, MEAN, row, metric] = percentile_interval(mean_R)
    return Intervals(ends=found, independent=ungrouped_datasets(frame, image_scores, groups))


def resample(
    dataset: str, category: str, metrics: Collection[str], pool: ImagePool, num_resamples: int
) -> dict[str, NDArray[np.float64]]:
    """``resampled_metrics`` with a random stream that depends on the category's name alone.

    Rows that tested the same images are therefore resampled alike, and categories independently of each other.
    """
    digest = hashlib.sha256(f"{dataset}/{category}".encode("utf-8", "surrogateescape")).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    return resampled_metrics(pool, rng, metrics=metrics, num_resamples=num_resamples)


def _row_values(
    records: pd.DataFrame,
    standings: Standings,
    row: str,
    image_scores: ImageScoresOf,
    groups: Groups,
    num_resamples: int,
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Category to metric to resampled means over seeds, shaped (R,)."""
    metrics = list(standings.values)
    values: dict[str, dict[str, NDArray[np.float64]]] = {}
    for category in standings.categories:
        if any(standings.category(category, row, metric).mean is None for metric in metrics):
            continue
        cells = records.loc[(records["category"] == category) & (records["status"] == "ok"), "cell_id"]
        known = groups.get((standings.dataset, category), {})
        pool = ImagePool.of([image_scores(cell_id) for cell_id in cells], known)
        if not pool.shortage:
            of_seeds = resample(standings.dataset, category, metrics, pool, num_resamples)
            values[category] = {metric: values_RS.mean(axis=1) for metric, values_RS in of_seeds.items()}
    return values
