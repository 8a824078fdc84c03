from collections.abc import Sequence
from typing import Any

import pytest

from harness.report.figures.plot_types import ImportancePlot, PlotSet, TrialPlot
from harness.search.search_outcome import outcome_of
from harness.search.study_plots import study_plots
from harness.search.trials import TrialRecord
from harness.spaces import SearchSpace
from tests.support.searches import line_space, record

DEFAULT = {"x": 0.0, "y": 0}


def plots_of(records: Sequence[TrialRecord], space: SearchSpace, shares: dict[str, float] | None = None) -> PlotSet:
    outcome = outcome_of(space.goals, records, DEFAULT)
    found = [shares or {}] * len(space.goals)
    return study_plots(outcome, space, found, "mine", "mfrnet-bench-1/192/keep/127", "published", {"mock": (0,)})


def named(plots: PlotSet) -> dict[str, Any]:
    return {plot.heading.name: plot for plot in plots.plots}


def test_history_shows_the_best_so_far_and_marks_winner_and_default() -> None:
    found = named(plots_of([record(0, 0.5), record(1, 0.4), record(2, state="failed"), record(3, 0.9)], line_space()))
    history = found["history"]
    assert isinstance(history, TrialPlot)
    (panel,) = history.panels
    assert [(point.x, point.y, point.is_winner, point.is_default) for point in panel.points] == [
        (0, 0.5, False, True),
        (1, 0.4, False, False),
        (3, 0.9, True, False),
    ]
    assert panel.steps == ((0, 0.5), (1, 0.5), (1, 0.5), (3, 0.5), (3, 0.9))
    assert history.heading.notes == ("1 failed trial",)


def test_a_slice_has_a_panel_for_each_parameter_with_its_scale() -> None:
    parameters = {
        "x": {"kind": "float", "low": 0.01, "high": 1, "log": True, "why": "a test"},
        "layers": {"kind": "subset", "of": [1, 2], "why": "a test"},
    }
    records = [record(n, 0.5 + n / 10, settings={"x": 0.1, "layers": [1, 2][: n + 1]}) for n in range(2)]
    panels = named(plots_of(records, line_space(space=parameters)))["slice"].panels
    assert [(panel.x.title, panel.x.is_log, panel.x.choices) for panel in panels] == [
        ("x", True, ()),
        ("layers", False, ("1", "2", "1+2")),
    ]
    assert [point.x for point in panels[1].points] == [0, 2]


def test_importances_are_drawn_where_they_are_known() -> None:
    records = [record(0, 0.5), record(1, 0.6)]
    assert "importance" not in named(plots_of(records, line_space()))
    found = named(plots_of(records, line_space(), {"x": 0.9, "y": 0.1}))["importance"]
    assert isinstance(found, ImportancePlot)
    assert list(found.shares) == ["x", "y"]


def test_two_objectives_have_a_front() -> None:
    goals = {"metrics": [["image_auroc"], ["fit_seconds"]], "direction": ["maximize", "minimize"]}
    records = [record(0, 0.5, 2.0), record(1, 0.9, 9.0), record(2, 0.4, 3.0)]
    found = named(plots_of(records, line_space(objective=goals)))
    assert set(found) == {"history_1", "history_2", "slice_1", "slice_2", "pareto"}
    assert found["pareto"].panels[0].steps == ((2.0, 0.5), (9.0, 0.9))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_complete_trials_have_no_plots(count: int) -> None:
    assert plots_of([record(n, 0.5) for n in range(count)], line_space()).plots == ()
