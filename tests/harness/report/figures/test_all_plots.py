import pytest

from harness.errors import StoreError
from harness.leaderboard.board import NO_INTERVALS
from harness.report.figures.all_plots import all_plots
from tests.support import records as make
from tests.support.scores import drawn_scores, scored_record, scores_of


def test_every_plot_is_made_or_left_out_with_a_reason() -> None:
    records = [
        scored_record(make.identity(dataset=name, method=method), drawn_scores(0))
        for name in ("demo", "mtd")
        for method in ("b", "a")
    ]
    costs = [make.cost_record(record.identity.cell_id) for record in records]
    made = all_plots(make.frame(*records, costs=costs), scores_of(records), intervals=NO_INTERVALS, expected={})
    assert made.labels == ("a", "b")
    assert [plot.heading.name for plot in made.plots] == [
        "accuracy_latency",
        *(f"{kind}_{name}" for name in ("demo", "mtd") for kind in ("categories", "roc", "pro")),
    ]
    assert [(one.name, one.reason) for one in made.left_out] == [("critical_difference", "2 categories, fewer than 4")]


def test_failed_cells_alone_make_no_plot() -> None:
    frame = make.frame(make.failure_record(identity=make.identity()))
    with pytest.raises(StoreError, match=r"nothing to draw: no cell is finished \(1 cell failed\)\."):
        all_plots(frame, scores_of([]), intervals=NO_INTERVALS, expected={})
