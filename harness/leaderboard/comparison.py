"""Two rows against each other: per category, per data set, over all.

Image metrics get intervals from resampled test images, the others from training seeds, because their
images' pixels are not kept. Shapes: R resamples, C categories, S seeds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import StoreError
from harness.leaderboard.board import HEADLINE_METRICS
from harness.leaderboard.intervals import NO_GROUPS, Groups, resample, resampling_text, ungrouped_datasets
from harness.leaderboard.pairing import Side, common_cells, counted_cells
from harness.leaderboard.record_selection import protocols_text
from harness.metrics.catalogue import check_metrics, is_image_metric, metric_title
from harness.stats import (
    CONFIDENCE,
    NUM_RESAMPLES,
    Difference,
    ImagePool,
    PairTest,
    bootstrap_difference,
    seed_difference,
    wilcoxon_test,
)


@dataclass(frozen=True, kw_only=True)
class ComparisonLine:
    """One metric of A and B, in one category or as a mean over categories. Fractions in [0, 1]."""

    dataset: str | None
    """None over several data sets, each category counted once."""
    category: str | None
    """None for a mean over categories."""
    metric: str
    mean_a: float
    mean_b: float
    difference: Difference
    num_categories: int = 1
    wilcoxon: PairTest | None = None
    """Over the categories of a mean; None for one category."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What two rows have in common, and how they differ there."""

    a: str
    b: str
    protocol: str
    lines: tuple[ComparisonLine, ...]
    """By metric; in each by data set and category, a mean after the categories it is of."""
    num_cells: int
    """Compared, of each side."""
    left_out: tuple[str, ...]
    """What was not compared and why, one line a reason."""
    num_resamples: int
    resampling: str
    """What was resampled for the image metrics, one sentence; empty without any of them."""
    confidence: float = CONFIDENCE
    """Of all intervals, a fraction."""


def compare(
    a: Side,
    b: Side,
    *,
    metrics: Sequence[str] = HEADLINE_METRICS,
    groups: Groups = NO_GROUPS,
    num_resamples: int = NUM_RESAMPLES,
) -> Comparison:
    """Compare two rows on the finished cells that both have.

    Both sides of a category are judged on the same resampled images (paired bootstrap), or on the same
    seeds (paired t). Intervals are not corrected for the number of categories.

    Args:
        a: The row that is compared; a difference is A minus B.
        b: The row it is compared with.
        metrics: Names of metrics.
        groups: Near duplicates, where the stored scores do not have them.
        num_resamples: R.

    Raises:
        UnknownNameError: A metric is unknown.
        StoreError: The rows do not compare (see ``common_cells``), tested other images in one cell, or
            their scores cannot be read.
    """
    check_metrics(metrics)
    cells = common_cells(a, b)
    resampled = [metric for metric in metrics if is_image_metric(metric)]
    of_images: dict[str, _OfImages] = {}
    for names in _of_equal_cells(cells.frame, resampled):
        found = _resampled(cells.frame[_on_both(cells.frame, names[0])], names, a, b, groups, num_resamples)
        of_images |= dict.fromkeys(names, found)
    lines: list[ComparisonLine] = []
    undefined: dict[str, list[str]] = {}
    for metric in metrics:
        measured, reasons = _measured(cells.frame, metric, of_images.get(metric), a, b)
        lines += _lines(metric, measured)
        for reason in reasons:
            undefined.setdefault(reason, []).append(metric_title(metric))
    return Comparison(
        a=a.label,
        b=b.label,
        protocol=protocols_text(cells.frame.rename(columns=lambda name: name.removesuffix("_a"))),
        lines=tuple(lines),
        num_cells=len(cells.frame),
        left_out=(*cells.left_out, *(f"left out of {', '.join(of)}, {reason}" for reason, of in undefined.items())),
        num_resamples=num_resamples,
        resampling=_resampling(cells.frame, a, groups) if resampled else "",
    )


def _resampling(frame: pd.DataFrame, a: Side, groups: Groups) -> str:
    of_a = frame.rename(columns={"cell_id_a": "cell_id", "status_a": "status"})
    return resampling_text(set(frame["dataset"]), ungrouped_datasets(of_a, a.image_scores, groups))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Measured:
    """A metric of both sides in one category."""

    dataset: str
    category: str
    seeds: tuple[int, ...]
    a_S: NDArray[np.float64]
    b_S: NDArray[np.float64]
    resampled: "_Resampled | None"
    """None for a metric that the images' scores do not determine."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Resampled:
    """A minus B over resampled images of one category, means over seeds."""

    differences: Mapping[str, NDArray[np.float64]]
    """Metric to its values, shaped (R,); empty with a shortage."""
    shortage: str
    """Why there are none."""


_OfImages = Mapping[tuple[str, str], _Resampled]
"""By data set and category."""


def _on_both(frame: pd.DataFrame, metric: str) -> "pd.Series[bool]":
    """Whether both sides of a cell have the metric."""
    return frame[f"{metric}_a"].notna() & frame[f"{metric}_b"].notna()


def _of_equal_cells(frame: pd.DataFrame, metrics: Sequence[str]) -> list[list[str]]:
    """The metrics, together where the same cells have them on both sides; an older record can lack one."""
    found: dict[tuple[bool, ...], list[str]] = {}
    for metric in metrics:
        found.setdefault(tuple(_on_both(frame, metric)), []).append(metric)
    return [names for has, names in found.items() if any(has)]


def _resampled(
    frame: pd.DataFrame, metrics: Sequence[str], a: Side, b: Side, groups: Groups, num_resamples: int
) -> _OfImages:
    found: dict[tuple[str, str], _Resampled] = {}
    for (dataset, category), cells in frame.groupby(["dataset", "category"]):
        of_a = [a.image_scores(cell_id) for cell_id in cells["cell_id_a"]]
        of_b = [b.image_scores(cell_id) for cell_id in cells["cell_id_b"]]
        for seed, one, other in zip(cells["seed"], of_a, of_b, strict=True):
            if {score.image_id for score in one} != {score.image_id for score in other}:
                raise StoreError(
                    f"{a.label} and {b.label} tested different images of {dataset}/{category} seed {seed}. "
                    "Expected cells of the same split."
                )
        pool = ImagePool.of([*of_a, *of_b], groups.get((str(dataset), str(category)), {}))
        differences: dict[str, NDArray[np.float64]] = {}
        if not pool.shortage:
            of_cells = resample(str(dataset), str(category), metrics, pool, num_resamples)
            for metric, values_RC in of_cells.items():
                mean_a_R, mean_b_R = (half.mean(axis=1) for half in np.split(values_RC, 2, axis=1))
                differences[metric] = mean_a_R - mean_b_R
        found[str(dataset), str(category)] = _Resampled(differences=differences, shortage=pool.shortage)
    return found


def _measured(
    frame: pd.DataFrame, metric: str, of_images: "_OfImages | None", a: Side, b: Side
) -> tuple[list[_Measured], list[str]]:
    """The categories where both sides have the metric, and why other cells are left out."""
    has_a, has_b = (frame[f"{metric}_{side}"].notna() for side in "ab")
    reasons = {f"only {a.label} has it": has_a & ~has_b, f"only {b.label} has it": ~has_a & has_b}
    reasons["not defined"] = ~has_a & ~has_b
    left_out = [f"{reason}: {counted_cells(frame[chosen])}" for reason, chosen in reasons.items() if chosen.any()]
    measured = [
        _Measured(
            dataset=str(dataset),
            category=str(category),
            seeds=tuple(int(seed) for seed in cells["seed"]),
            a_S=cells[f"{metric}_a"].to_numpy(float),
            b_S=cells[f"{metric}_b"].to_numpy(float),
            resampled=None if of_images is None else of_images[str(dataset), str(category)],
        )
        for (dataset, category), cells in frame[_on_both(frame, metric)].groupby(["dataset", "category"])
    ]
    return measured, left_out


def _lines(metric: str, measured: Sequence[_Measured]) -> list[ComparisonLine]:
    lines: list[ComparisonLine] = []
    datasets = list(dict.fromkeys(one.dataset for one in measured))
    for dataset in datasets:
        inside = [one for one in measured if one.dataset == dataset]
        lines += [_line(metric, [one], dataset, one.category) for one in inside]
        if len(inside) > 1:
            lines.append(_line(metric, inside, dataset, None))
    if len(datasets) > 1:
        lines.append(_line(metric, measured, None, None))
    return lines


def _line(metric: str, measured: Sequence[_Measured], dataset: str | None, category: str | None) -> ComparisonLine:
    mean_a_C = np.array([_mean(one.a_S) for one in measured])
    mean_b_C = np.array([_mean(one.b_S) for one in measured])
    return ComparisonLine(
        dataset=dataset,
        category=category,
        metric=metric,
        mean_a=_mean(mean_a_C),
        mean_b=_mean(mean_b_C),
        difference=_difference(metric, measured, _mean(mean_a_C) - _mean(mean_b_C)),
        num_categories=len(measured),
        wilcoxon=wilcoxon_test(mean_a_C, mean_b_C) if category is None else None,
    )


def _difference(metric: str, measured: Sequence[_Measured], value: float) -> Difference:
    resampled = [one.resampled for one in measured if one.resampled is not None]
    if resampled:
        for one in resampled:
            if one.shortage:
                return Difference(value=value, reason=one.shortage)
        differences_R = np.mean([one.differences[metric] for one in resampled], axis=0)
        return bootstrap_difference(value, differences_R)
    if len({one.seeds for one in measured}) > 1:
        return Difference(value=value, reason="the categories have different seeds")
    a_S, b_S = (np.mean([getattr(one, side) for one in measured], axis=0) for side in ("a_S", "b_S"))
    return seed_difference(a_S, b_S)


def _mean(values: NDArray[np.float64]) -> float:
    # math.fsum, as in the tables: the same cells give the same number there and here.
    return math.fsum(values) / len(values)
