from pathlib import Path

import matplotlib
import pytest

from harness.leaderboard.tables import Table
from harness.report import latex_table, write_tables
from harness.search.best_table import best_table
from harness.search.local import search_local
from harness.search.outcome import Outcome, outcome_of
from harness.search.study_plots import write_plots
from harness.search.trials import TrialReport
from harness.spaces import Goal
from tests.support.searches import ledger_in, line_space, parabola, record

QUALITY = Goal(metrics=("image_auroc",), direction="maximize")


def table_of(outcome: Outcome) -> Table:
    return best_table(outcome, "mine", "mock", "mfrnet-bench-1/192/keep/127", "published", {"mock": (0,)})


def outcome(count: int) -> Outcome:
    return outcome_of((QUALITY,), [record(n, n / 100) for n in range(count)], {"x": 0.0, "y": 0})


def test_the_best_come_first_and_the_default_last() -> None:
    table = table_of(outcome(12))
    assert table.rows == (*(str(number) for number in range(11, 1, -1)), "0 (default)")
    assert (table.notes[0], table.notes[-1]) == ("Trial 11: x=1.1, y=11.", "Trial 0: x=0, y=0.")


def test_the_caption_says_that_these_are_no_test_results() -> None:
    assert "they are no test results" in latex_table(table_of(outcome(2)))


def test_a_table_is_written_in_every_form(tmp_path: Path) -> None:
    names = {path.name for path in write_tables([table_of(outcome(3))], tmp_path)}
    assert names == {"search_mine.tex", "search_mine.md", "search_mine.csv"}


def test_plots_are_pdf_and_png_and_leave_the_style_alone(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path, 12)
    search_local(ledger, parabola)
    before = dict(matplotlib.rcParams)
    written = write_plots(ledger.study, line_space().goals, tmp_path / "plots")
    assert {path.name for path in written} == {
        f"{name}.{suffix}" for name in ("history", "slice", "importance") for suffix in ("pdf", "png")
    }
    assert all(path.stat().st_size > 1000 for path in written)
    assert dict(matplotlib.rcParams) == before


def test_several_objectives_have_a_front(tmp_path: Path) -> None:
    goals = {"metrics": [["image_auroc"], ["fit_seconds"]], "direction": ["maximize", "minimize"]}
    space = line_space(objective=goals)
    ledger = ledger_in(tmp_path, 3, space)
    while (asked := ledger.ask()) is not None:
        x = asked.settings["x"]
        ledger.report(asked.number, TrialReport(step=100, values=(x, x * x), is_final=True))
    names = {path.stem for path in write_plots(ledger.study, space.goals, tmp_path / "plots")}
    assert names == {"history_1", "history_2", "slice_1", "slice_2", "pareto"}


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_trials_have_no_plots(tmp_path: Path, count: int) -> None:
    ledger = ledger_in(tmp_path, count)
    search_local(ledger, parabola)
    assert write_plots(ledger.study, line_space().goals, tmp_path / "plots") == []
