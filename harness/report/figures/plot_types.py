"""Plots as data: ``*_plot`` modules compute them, ``draw_*`` modules draw them. Shape suffix: P points of a curve."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from harness.leaderboard.tables import Entry
from harness.records import PUBLISHED_SPLIT


@dataclass(frozen=True, kw_only=True)
class Heading:
    """Title, origin and notes of a plot."""

    name: str
    """A word for file names, e.g. ``roc_mtd``."""
    title: str
    """What the plot shows, without a final stop."""
    protocol: str
    """Protocol of all records behind the plot, in words."""
    split: str = PUBLISHED_SPLIT
    """Name of the split of every record behind the plot."""
    seeds: Mapping[str, Mapping[str, tuple[int, ...]]]
    """Data set to row label to the seeds that are drawn."""
    notes: tuple[str, ...] = ()
    """What is not drawn and why, one line each."""


@dataclass(frozen=True, kw_only=True)
class LatencyPoint:
    """One row of the leaderboard."""

    label: str
    latency_seconds: float
    """Median over categories and seeds of the median time of one image."""
    image_auroc: float
    """Mean over categories and seeds, a fraction."""
    is_on_front: bool
    """No other row is at least as fast and as accurate, and better in one of both; False in a plot that does not
    rank."""


@dataclass(frozen=True, kw_only=True)
class LatencyPanel:
    """The rows on one data set, or their means over data sets."""

    title: str
    points: tuple[LatencyPoint, ...]
    """Fastest first."""


@dataclass(frozen=True, kw_only=True)
class LatencyPlot:
    """Accuracy against the time of one image, on one machine."""

    heading: Heading
    machine: str
    """Host, device and threads where the times were taken."""
    panels: tuple[LatencyPanel, ...]
    is_quiet: bool = True
    """Whether all times were measured on an otherwise quiet machine; otherwise the plot has no Pareto front."""


@dataclass(frozen=True, kw_only=True)
class CategoryPlot:
    """Image AUROC of every row in every category of one data set."""

    heading: Heading
    labels: tuple[str, ...]
    """Rows, best mean first."""
    means: Mapping[str, Entry]
    """Row label to its mean over the categories; withheld means are absent."""
    categories: Mapping[str, Mapping[str, Entry]]
    """Category to row label to its mean over the seeds; what is withheld is absent."""
    resampling: str = ""
    """A sentence that says what the bootstrap resampled; empty without intervals."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """A curve over false positive rates; both shaped (P,), both fractions."""

    fprs: NDArray[np.float64]
    """Not decreasing; the same rate twice is a vertical step."""
    values: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RowCurves:
    """The curves of one row in one category."""

    label: str
    area: float
    """AUROC or AUPRO as the tables show it, mean over seeds, a fraction."""
    mean: Curve
    seeds: Mapping[int, Curve]


@dataclass(frozen=True, kw_only=True)
class CurvePanel:
    """All rows in one category."""

    category: str
    rows: tuple[RowCurves, ...]
    """Largest area first."""


CurveKind = Literal["roc", "pro"]
"""True positive rate of images, or overlap of defect regions, over the false positive rate."""


@dataclass(frozen=True, kw_only=True)
class CurvePlot:
    """One kind of curve in the categories of one data set."""

    heading: Heading
    kind: CurveKind
    panels: tuple[CurvePanel, ...]


@dataclass(frozen=True, kw_only=True)
class RankPlot:
    """Mean ranks over categories, and which rows cannot be told apart."""

    heading: Heading
    mean_ranks: Mapping[str, float]
    """Row label to its mean rank, best first; 1 is the best possible."""
    critical_difference: float
    """Mean ranks at least this far apart differ significantly."""
    cliques: tuple[tuple[str, ...], ...]
    """Labels, best first, that cannot be told apart."""
    friedman_p_value: float | None


@dataclass(frozen=True, kw_only=True)
class FactorPoint:
    """One value of a factor."""

    mean: float
    """Over categories and seeds, a fraction."""
    std: float | None
    """Sample standard deviation over seeds; None with one seed."""
    is_reference: bool
    """Whether these are the settings that all others are changes of."""


@dataclass(frozen=True, kw_only=True)
class FactorLine:
    """What the values of a factor do, other settings being equal."""

    label: str
    points: tuple[FactorPoint | None, ...]
    """One a value of the panel; None where there is none, or its mean is withheld."""


@dataclass(frozen=True, kw_only=True)
class FactorPanel:
    """One factor on one data set."""

    title: str
    factor: str
    values: tuple[str, ...]
    lines: tuple[FactorLine, ...]
    controls: Mapping[str, float]
    """Label of a method that stands beside the variants, to its mean."""


@dataclass(frozen=True, kw_only=True)
class AblationPlot:
    """One metric against the values of settings."""

    heading: Heading
    metric: str
    """Title of the metric."""
    panels: tuple[FactorPanel, ...]


@dataclass(frozen=True, kw_only=True)
class TrialAxis:
    """One axis of a plot of trials."""

    title: str
    is_fraction: bool = False
    """Whether values are fractions, which the drawing shows in percent."""
    is_log: bool = False
    is_whole: bool = False
    """Whether values are whole numbers."""
    choices: tuple[str, ...] = ()
    """Words in their order, where values are places among them; empty for numbers."""


@dataclass(frozen=True, kw_only=True)
class TrialPoint:
    """One trial."""

    x: float
    y: float
    is_winner: bool
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class TrialPanel:
    """Trials against a parameter, another objective or their number."""

    x: TrialAxis
    y: TrialAxis
    points: tuple[TrialPoint, ...]
    steps: tuple[tuple[float, float], ...] = ()
    """Corners of a line through the points: the best so far, or the Pareto front."""


@dataclass(frozen=True, kw_only=True)
class TrialPlot:
    """All complete trials of a search, one panel or one for each parameter."""

    heading: Heading
    panels: tuple[TrialPanel, ...]
    line: str = ""
    """Meaning of the panels' line."""


@dataclass(frozen=True, kw_only=True)
class ImportancePlot:
    """How much each parameter of a search decides its objective."""

    heading: Heading
    shares: Mapping[str, float]
    """Parameter to importance, fractions that add to 1, largest first."""


Plot = LatencyPlot | CategoryPlot | CurvePlot | RankPlot | AblationPlot | TrialPlot | ImportancePlot


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A plot that the records do not allow."""

    name: str
    reason: str
    """Why, without a final stop."""


@dataclass(frozen=True, kw_only=True)
class PlotSet:
    """All plots of some records."""

    labels: tuple[str, ...]
    """Every row of the records, drawn or not: each has one look in all plots."""
    plots: tuple[Plot, ...] = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()
    left_out_records: str = ""
    """What is not drawn because it is not the newest, and how to see it; empty if nothing is."""

    @classmethod
    def of(cls, labels: Iterable[str], made: Iterable[Plot | LeftOut]) -> Self:
        """Tell the plots apart from those that the records do not allow."""
        made = list(made)
        return cls(
            labels=tuple(dict.fromkeys(labels)),
            plots=tuple(one for one in made if not isinstance(one, LeftOut)),
            left_out=tuple(one for one in made if isinstance(one, LeftOut)),
        )
