"""What is drawn is what was given, and nothing is cut off or covered."""

from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from harness.report.figures.figure_files import draw
from harness.report.figures.plot_types import Plot
from harness.report.figures.style import COLUMN_INCHES, PAGE_INCHES, drawing, looks_of
from tests.support.plots import (
    IMPORTANCES,
    LABELS,
    LATENCY,
    LONG,
    PLAIN,
    RANKS,
    ablation_plot,
    category_plot,
    curve_plot,
    trial_plot,
)

LOOKS = looks_of(LABELS)
SIX = (LONG, PLAIN, "constant", "mfrnet [k=4, layers=[2,3]]", "padim", "patchcore")
CROSSED = ("k=2, n=3", "k=2, n=5", "k=3, n=3")
CASES = {
    "latency": LATENCY,
    "one category": category_plot(1, LABELS[:2]),
    "many categories": category_plot(15, SIX),
    "curves": curve_plot(1),
    "many curves": curve_plot(7, SIX),
    "ranks": RANKS,
    "ablation": ablation_plot(),
    "many factors": ablation_plot(9, CROSSED),
    "trials": trial_plot(10),
    "importances": IMPORTANCES,
}


@cache
def case_figures(case: str, wide: bool) -> list[Figure]:
    return figures_of(CASES[case], wide=wide)


def figures_of(plot: Plot, *, wide: bool = False) -> list[Figure]:
    with drawing():
        pages = list(draw(plot, looks_of((*SIX, *CROSSED)), wide=wide))
        for page in pages:
            page.figure.draw_without_rendering()
    return [page.figure for page in pages]


def lines(axes: Axes) -> dict[str, Any]:
    return {str(line.get_label()): np.asarray(line.get_xydata(), float) for line in axes.lines}


def written(figure: Figure) -> list[Any]:
    """All letters that show. Their extent is ``Text``'s: that of an annotation has its line in it."""
    texts = [*figure.texts]
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            low, high = sorted(axis.get_view_interval())
            texts += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        legend = axes.get_legend()
        texts += legend.get_texts() if legend else []
    return [text for text in texts if text.get_text().strip() and text.get_visible()]


def test_a_point_is_at_its_latency_and_score() -> None:
    (figure,) = figures_of(LATENCY)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    found = lines(axes)
    np.testing.assert_allclose(found[PLAIN], [[20.0, 90.0]])
    np.testing.assert_allclose(found[LONG], [[30.0, 85.0]])
    corners = found["front"]
    np.testing.assert_allclose(corners[:3], [[1.0, 50.0], [20.0, 50.0], [20.0, 90.0]])
    names = [text for text in axes.texts if isinstance(text, Annotation)]
    assert sorted(text.get_gid() for text in names) == sorted(LABELS)


def test_a_dot_is_at_its_mean_and_its_whisker_at_the_ends() -> None:
    (figure,) = figures_of(category_plot(2))
    (axes,) = figure.axes
    dots = [line.get_xdata() for line in axes.lines if line.get_label() == LONG]
    whiskers = [line.get_xdata() for line in axes.lines if line.get_label() == f"{LONG} interval"]
    assert len(dots) == 3  # the mean and two categories
    np.testing.assert_allclose(dots, [[90.0]] * 3)
    np.testing.assert_allclose(whiskers, [[85.0, 95.0]] * 3)
    assert sum(line.get_label() == "constant" for line in axes.lines) == 1
    assert [text.get_text() for text in axes.texts] == ["90.0", "80.0", "--"]


def test_whiskers_are_explained_with_what_was_resampled() -> None:
    (figure,) = figures_of(replace(category_plot(2), resampling="Near duplicates were resampled together."))
    said = " ".join(text.get_text() for text in figure.texts)
    assert "bootstrap interval over test images. Near duplicates were resampled together." in said


def test_one_category_is_drawn_once() -> None:
    (figure,) = figures_of(category_plot(1, LABELS[:2]))
    (axes,) = figure.axes
    assert sum(line.get_label() == LONG for line in axes.lines) == 1


def test_a_curve_is_drawn_in_percent() -> None:
    (figure,) = figures_of(curve_plot(1))
    (axes,) = figure.axes
    np.testing.assert_allclose(lines(axes)[PLAIN], [[0, 0], [10, 70], [30, 100]])
    seeds = [line.get_ydata() for line in axes.lines if line.get_label() == f"{PLAIN} seed"]
    np.testing.assert_allclose(seeds, [[0, 80, 100], [0, 60, 100]])
    legend = axes.get_legend()
    assert legend is not None
    shown = [" ".join(text.get_text().split()) for text in legend.get_texts()]
    assert shown == [f"90.0 {LONG}", f"80.0 {PLAIN}", "70.0 constant"]


def test_ranks_lie_on_one_scale() -> None:
    (figure,) = figures_of(RANKS)
    (axes,) = figure.axes
    at = {label: lines(axes)[label][0, 0] for label in LABELS}
    ratio = (at[PLAIN] - at[LONG]) / (at["constant"] - at[LONG])
    assert ratio == pytest.approx((1.75 - 1.25) / (3.0 - 1.25))
    found = lines(axes)
    scale = (at["constant"] - at[LONG]) / 1.75
    left, right = found["critical difference"][:, 0]
    assert (right - left) / scale == pytest.approx(1.1)
    assert found["clique"][:, 0] == pytest.approx([at[LONG] - 0.03, at[PLAIN] + 0.03])


def test_a_factor_s_values_are_in_their_order_with_their_spread_and_the_reference_is_ringed() -> None:
    (figure,) = figures_of(ablation_plot())
    (axes,) = figure.axes
    found = lines(axes)
    np.testing.assert_allclose(found[LONG], [[0, 70], [1, 90]])
    np.testing.assert_allclose(found["reference"], [[1, 90]])
    spreads = [line.get_xydata() for line in axes.lines if line.get_label() == f"{LONG} spread"]
    np.testing.assert_allclose(spreads, [[[0, 68], [0, 72]], [[1, 88], [1, 92]]])
    np.testing.assert_allclose(found[PLAIN][:, 1], 80)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "10"]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text().strip() for text in legend.get_texts()] == [LONG, PLAIN]


def test_a_row_has_one_colour_everywhere() -> None:
    for plot in (LATENCY, category_plot(2), curve_plot(1), RANKS, ablation_plot()):
        (figure,) = figures_of(plot)
        colours = {line.get_color() for line in figure.axes[0].lines if line.get_label() == PLAIN}
        assert colours == {looks_of(SIX)[PLAIN].colour}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_no_letter_is_cut_off_or_too_small(case: str, wide: bool) -> None:
    for figure in case_figures(case, wide):
        assert figure.get_size_inches()[0] == (PAGE_INCHES if wide else COLUMN_INCHES)
        inside = figure.bbox.padded(1)
        for text in written(figure):
            box = Text.get_window_extent(text)
            assert inside.containsx(box.x0), text
            assert inside.containsx(box.x1), text
            assert inside.containsy(box.y0), text
            assert inside.containsy(box.y1), text
            assert text.get_fontsize() >= 6


@pytest.mark.parametrize("case", CASES)
def test_no_name_covers_another(case: str) -> None:
    for figure in case_figures(case, False):
        boxes = [(text.get_text(), Text.get_window_extent(text)) for text in written(figure)]
        for (one, box), (other, other_box) in combinations(boxes, 2):
            shared = Bbox.intersection(box, other_box)
            assert shared is None or min(shared.width, shared.height) < 2, (one, other)
