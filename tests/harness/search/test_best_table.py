from pathlib import Path

from harness.leaderboard.tables import Table
from harness.report import latex_table, write_tables
from harness.search.best_table import best_table
from harness.search.search_outcome import Outcome, outcome_of
from harness.spaces import Goal
from tests.support.searches import record

QUALITY = Goal(metrics=("image_auroc",), direction="maximize")


def table_of(outcome: Outcome) -> Table:
    return best_table(outcome, "mine", "mock", "mfrnet-bench-1/192/keep/127", "published", {"mock": (0,)})


def outcome(count: int) -> Outcome:
    return outcome_of((QUALITY,), [record(n, n / 100) for n in range(count)], {"x": 0.0, "y": 0})


def test_the_best_come_first_and_the_default_last() -> None:
    table = table_of(outcome(12))
    assert table.rows == ("11 (winner)", *(str(number) for number in range(10, 1, -1)), "0 (default)")
    assert (table.notes[0], table.notes[-1]) == ("Trial 11: x=1.1, y=11.", "Trial 0: x=0, y=0.")


def test_the_caption_says_that_these_are_no_test_results() -> None:
    assert "they are no test results" in latex_table(table_of(outcome(2)))


def test_a_table_is_written_in_every_form(tmp_path: Path) -> None:
    names = {path.name for path in write_tables([table_of(outcome(3))], tmp_path)}
    assert names == {"search_mine.tex", "search_mine.md", "search_mine.csv"}
