"""One small plot of each kind, and names that are hard to draw."""

import numpy as np

from harness.leaderboard.tables import Entry
from harness.report.figures.plot_types import (
    AblationPlot,
    CategoryPlot,
    Curve,
    CurvePanel,
    CurvePlot,
    FactorLine,
    FactorPanel,
    FactorPoint,
    Heading,
    ImportancePlot,
    LatencyPanel,
    LatencyPlot,
    LatencyPoint,
    RankPlot,
    RowCurves,
    TrialAxis,
    TrialPanel,
    TrialPlot,
    TrialPoint,
)

LONG = "mfrnet [k=3, layers=[2,3], backbone=wide_resnet50_2]"
PLAIN = "$_gaussian^"
"""What mathematics or a hidden label would be elsewhere."""
LABELS = (LONG, PLAIN, "constant")


def heading(name: str, *, notes: tuple[str, ...] = (), labels: tuple[str, ...] = LABELS) -> Heading:
    return Heading(
        name=name,
        title="castings: a title of one line",
        protocol="mfrnet-bench-1/192/keep/127",
        seeds={"castings": dict.fromkeys(labels, (0, 1))},
        notes=notes,
    )


LATENCY = LatencyPlot(
    heading=heading("accuracy_latency", notes=("padim on castings: records without latency",)),
    machine="bench-1 (cpu, 2 threads)",
    panels=(
        LatencyPanel(
            title="castings",
            points=(
                LatencyPoint(label="constant", latency_seconds=0.001, image_auroc=0.5, is_on_front=True),
                LatencyPoint(label=PLAIN, latency_seconds=0.02, image_auroc=0.9, is_on_front=True),
                LatencyPoint(label=LONG, latency_seconds=0.03, image_auroc=0.85, is_on_front=False),
            ),
        ),
    ),
)


def category_plot(num_categories: int = 2, labels: tuple[str, ...] = LABELS) -> CategoryPlot:
    """The last label has no number in the first category, and so no mean."""
    estimates = {
        label: Entry(mean=0.9 - 0.1 * number, low=0.85 - 0.1 * number, high=0.95 - 0.1 * number)
        for number, label in enumerate(labels)
    }
    some = {label: estimates[label] for label in labels[:-1]}
    return CategoryPlot(
        heading=heading("categories_castings", labels=labels),
        labels=labels,
        means=some,
        categories={f"part_{number}": estimates if number else some for number in range(num_categories)},
    )


def _row(label: str, area: float, seeds: tuple[float, ...]) -> RowCurves:
    fprs = np.array([0.0, 0.1, 0.3])
    curves = {number: Curve(fprs=fprs, values=np.array([0.0, top, 1.0])) for number, top in enumerate(seeds)}
    mean = Curve(fprs=fprs, values=np.array([0.0, float(np.mean(seeds)), 1.0]))
    return RowCurves(label=label, area=area, mean=mean, seeds=curves)


def curve_plot(num_categories: int = 3, labels: tuple[str, ...] = LABELS) -> CurvePlot:
    rows = tuple(_row(label, 0.9 - 0.1 * number, (0.8, 0.6)) for number, label in enumerate(labels))
    return CurvePlot(
        heading=heading("pro_castings", labels=labels),
        kind="pro",
        panels=tuple(CurvePanel(category=f"part_{number}", rows=rows) for number in range(num_categories)),
    )


RANKS = RankPlot(
    heading=heading("critical_difference"),
    mean_ranks={LONG: 1.25, PLAIN: 1.75, "constant": 3.0},
    critical_difference=1.1,
    cliques=((LONG, PLAIN),),
    friedman_p_value=0.0004,
)


def _points(*means: float | None) -> tuple[FactorPoint | None, ...]:
    return tuple(
        None if mean is None else FactorPoint(mean=mean, std=0.02, is_reference=number == 1)
        for number, mean in enumerate(means)
    )


def ablation_plot(num_panels: int = 1, labels: tuple[str, ...] = (LONG,)) -> AblationPlot:
    """The last value of each factor has no number."""
    panels = tuple(
        FactorPanel(
            title="castings",
            factor=f"weight_structure_{number}",
            values=("1", "2", "10"),
            lines=tuple(FactorLine(label=label, points=_points(0.7, 0.9, None)) for label in labels),
            controls={PLAIN: 0.8},
        )
        for number in range(num_panels)
    )
    return AblationPlot(
        heading=heading("ablation_mfrnet_image_auroc", labels=(*labels, PLAIN), notes=("k=10 on castings: failed",)),
        metric="image AUROC",
        panels=panels,
    )


IMPORTANCES = ImportancePlot(heading=heading("importance"), shares={"weight_structure": 0.9, "k": 0.0996, "n": 0.0004})


def trial_plot(num_parameters: int) -> TrialPlot:
    """Slices of four trials, with words, whole numbers and logarithms in turn."""
    kinds = ({"choices": ("1", "2", "3", "1+2+3")}, {"is_whole": True}, {"is_log": True})
    points = tuple(TrialPoint(x=x, y=0.6 + x / 100, is_winner=x == 3, is_default=x == 1) for x in (1.0, 2.0, 2.5, 3.0))
    value = TrialAxis(title="mean of image AUROC, pixel AP", is_fraction=True)
    panels = tuple(
        TrialPanel(x=TrialAxis(title=f"parameter_{number}", **kinds[number % 3]), y=value, points=points)  # type: ignore[arg-type]
        for number in range(num_parameters)
    )
    return TrialPlot(heading=heading("slice"), panels=panels)
