"""Every metric: its name, its title, what it is computed from and the function that computes it.

Records, store, tables, intervals, search spaces and figures read this catalogue. A metric of the project is one
entry below and one function. A package adds metrics through the entry point group ``mfrnet_bench.metrics``, each
a ``Metric``; their values are stored beside the others under the metric's name.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import mean
from typing import Any, Literal

from harness.errors import UnknownNameError
from harness.metrics import ranking, verdicts
from harness.metrics.aupro import area_under_overlap
from harness.metrics.ranking import recall_at
from harness.metrics.spro import MapsAndRegions, spro
from harness.registry import Registry

Needs = Literal["scores", "masks", "regions", "verdicts", "segmentation", "parts"]

ENTRY_POINTS = "mfrnet_bench.metrics"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number in [0, 1] that says how good the anomaly maps or scores of a test set are."""

    name: str
    """Of the column in records and frames, e.g. ``"image_auroc"``."""
    title: str
    """For headings, e.g. ``"image AUROC"``."""
    needs: Needs
    """What ``compute`` is given, and when the metric is defined:

    - ``scores``: the ``Tally`` of the image scores. Always defined. The function must keep leading axes, as
      those of ``harness.metrics.ranking`` do, because intervals compute it for all resamples at once.
    - ``masks``: the ``PixelTally`` of all maps. Defined where every defect image has a mask and a defect
      pixel is left in them.
    - ``regions``: for each kind of defect, what ``spro`` takes. Defined where the data set gives saturation areas.
    - ``verdicts``: the ``Verdicts`` of a threshold from good images alone. Defined where the run sets one.
    - ``segmentation``: the ``Segmentation`` of the maps by a threshold of pixels from good images alone. Defined where
      the run sets one and every defect image has a mask, with a defect pixel left in them.
    - ``parts``: the ``Tally`` of the scores of parts (``harness.metrics.parts``). Defined where the data set says
      which images show one part, and a normal and a defect part are tested.
    """
    compute: Callable[[Any], Any]
    higher_is_better: bool = True


def _mean_spro(regions_of_kinds: Sequence[MapsAndRegions]) -> float:
    """Mean over the kinds of defect, as the authors of MVTec LOCO AD report it; AutoVI has one entry for all."""
    return mean(spro(of_kind) for of_kind in regions_of_kinds)


_BUILT_IN = {
    metric.name: metric
    for metric in (
        Metric(name="image_auroc", title="image AUROC", needs="scores", compute=ranking.auroc),
        Metric(name="image_average_precision", title="image AP", needs="scores", compute=ranking.average_precision),
        Metric(name="image_f1_max", title="image F1-max", needs="scores", compute=ranking.f1_max),
        Metric(name="pixel_auroc", title="pixel AUROC", needs="masks", compute=ranking.auroc),
        Metric(name="pixel_average_precision", title="pixel AP", needs="masks", compute=ranking.average_precision),
        Metric(name="pixel_f1_max", title="pixel F1-max", needs="masks", compute=ranking.f1_max),
        Metric(name="aupro_30", title="AUPRO", needs="masks", compute=partial(area_under_overlap, max_fpr=0.3)),
        Metric(name="aupro_05", title="AUPRO 5%", needs="masks", compute=partial(area_under_overlap, max_fpr=0.05)),
        Metric(name="spro_05", title="sPRO 5%", needs="regions", compute=_mean_spro),
        Metric(
            name="image_recall_01", title="recall at 1% FPR", needs="scores", compute=partial(recall_at, max_fpr=0.01)
        ),
        Metric(
            name="image_recall_05", title="recall at 5% FPR", needs="scores", compute=partial(recall_at, max_fpr=0.05)
        ),
        Metric(
            name="false_alarm_rate",
            title="false alarms",
            needs="verdicts",
            compute=verdicts.false_alarm_rate,
            higher_is_better=False,
        ),
        Metric(name="verdict_recall", title="recall", needs="verdicts", compute=verdicts.recall),
        Metric(name="verdict_precision", title="precision", needs="verdicts", compute=verdicts.precision),
        Metric(name="verdict_f1", title="F1", needs="verdicts", compute=verdicts.f1),
        Metric(name="seg_f1", title="SegF1", needs="segmentation", compute=verdicts.seg_f1),
        Metric(name="class_f1", title="ClassF1", needs="segmentation", compute=verdicts.class_f1),
        Metric(name="part_auroc", title="part AUROC", needs="parts", compute=ranking.auroc),
    )
}

BUILT_IN_NAMES = tuple(_BUILT_IN)
"""Metrics of the project, in the order in which a table shows them; each has a column in the store."""


@cache
def _plug_ins() -> Registry[Metric]:
    return Registry("metric", {}, entry_points=ENTRY_POINTS)


_WITHOUT: dict[Needs, str] = {
    "scores": "records without it",
    "masks": "no masks, or no defect pixel in them",
    "regions": "no saturation areas",
    "verdicts": "no threshold",
    "segmentation": "no threshold, no masks, or no defect pixel in them",
    "parts": "no parts",
}


def metric_names() -> tuple[str, ...]:
    """Every metric, those of installed plug-ins last.

    >>> metric_names()[:3]
    ('image_auroc', 'image_average_precision', 'image_f1_max')
    """
    return (*BUILT_IN_NAMES, *(name for name in _plug_ins().names() if name not in _BUILT_IN))


def find_metric(name: str) -> Metric:
    """The metric of this name.

    Raises:
        UnknownNameError: No metric has this name, or its entry point is none of this name.
        PlugInError: Two packages register this name, or its package cannot be imported.

    >>> find_metric("aupro_30").title
    'AUPRO'
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    if name not in _plug_ins().names():
        raise UnknownNameError.of("metric", name, metric_names())
    metric = _plug_ins().get(name)
    found = metric.name if isinstance(metric, Metric) else type(metric).__name__
    if found != name:
        raise UnknownNameError(
            f"Metric {name!r}: expected its entry point to be a harness.metrics.Metric of this name, got {found!r}."
        )
    return metric


def check_metrics(names: Iterable[str]) -> None:
    """Refuse names of metrics that do not exist.

    Raises:
        UnknownNameError: One of them is unknown.
    """
    for name in names:
        find_metric(name)


def metric_title(name: str) -> str:
    """The heading of a metric."""
    return find_metric(name).title


def what_is_missing(name: str) -> str:
    """What is missing where a metric is not defined, in some words.

    >>> what_is_missing("part_auroc"), what_is_missing("verdict_f1")
    ('no parts', 'no threshold')
    """
    return _WITHOUT[find_metric(name).needs]


def is_image_metric(name: str) -> bool:
    """Whether a metric follows from the scores of the images, so that it can be computed for resamples of them."""
    return find_metric(name).needs == "scores"
