import pytest

from harness.execution.attempts import Attempts
from harness.execution.events import CellHeldElsewhere, CellStoredElsewhere, RunEvent
from harness.execution.turns import HeldElsewhere, StoredElsewhere
from harness.plan import Cell
from tests.support.cells import make_cell

A, B, C = (make_cell(name) for name in "abc")


def taken(attempts: Attempts) -> tuple[str, int] | None:
    attempt = attempts.take()
    return attempt and (attempt.cell.category, attempt.number)


def test_cells_are_handed_out_in_the_given_order() -> None:
    attempts = Attempts([B, A])
    assert [taken(attempts), taken(attempts), taken(attempts)] == [("b", 1), ("a", 1), None]


def test_nothing_to_run_is_done_at_once() -> None:
    assert Attempts([]).is_done


def test_a_run_is_done_once_every_cell_is_finished_or_lost() -> None:
    attempts = Attempts([A, B], max_attempts=1)
    assert [taken(attempts), taken(attempts)] == [("a", 1), ("b", 1)]
    attempts.finish(A)
    assert not attempts.is_done
    assert not attempts.give_back(B)
    assert attempts.is_done


def test_a_cell_that_comes_back_is_tried_before_later_cells() -> None:
    attempts = Attempts([A, B])
    assert taken(attempts) == ("a", 1)
    assert attempts.give_back(A)
    assert [taken(attempts), taken(attempts)] == [("a", 2), ("b", 1)]


def test_the_last_attempt_waits_for_all_others_and_nothing_starts_beside_it() -> None:
    attempts = Attempts([A, B, C], max_attempts=2)
    assert [taken(attempts), taken(attempts)] == [("a", 1), ("b", 1)]
    attempts.give_back(A)
    assert taken(attempts) == ("c", 1)
    attempts.finish(C)
    assert taken(attempts) is None, "b still runs"
    attempts.finish(B)
    assert taken(attempts) == ("a", 2)


def test_nothing_starts_beside_a_last_attempt() -> None:
    attempts = Attempts([A, B], max_attempts=2)
    assert [taken(attempts), taken(attempts)] == [("a", 1), ("b", 1)]
    attempts.give_back(A)
    attempts.give_back(B)
    assert [taken(attempts), taken(attempts)] == [("a", 2), None]


def test_a_single_allowed_attempt_runs_beside_others() -> None:
    attempts = Attempts([A, B], max_attempts=1)
    assert [taken(attempts), taken(attempts)] == [("a", 1), ("b", 1)]


def test_a_plan_with_the_same_cell_twice_is_refused() -> None:
    with pytest.raises(AssertionError, match="never holds the same cell twice"):
        Attempts([A, A])


class Shared:
    """Turns among other runs: what they hold, and what they have stored."""

    def __init__(self, **cells: HeldElsewhere | StoredElsewhere) -> None:
        self.elsewhere = dict(cells)
        self.left: list[str] = []

    def take(self, cell: Cell) -> HeldElsewhere | StoredElsewhere | None:
        return self.elsewhere.get(cell.category)

    def leave(self, cell: Cell) -> None:
        self.left.append(cell.category)

    def pause(self) -> None:
        raise NotImplementedError


HELD = HeldElsewhere(run="process 11 on bench-1")


def test_a_cell_that_another_run_holds_is_passed_over_and_told_of_once() -> None:
    turns, events = Shared(a=HELD), []
    attempts = Attempts([A, B], turns=turns, tell=events.append)
    assert [taken(attempts), taken(attempts)] == [("b", 1), None]
    assert events == [CellHeldElsewhere(cell=A, run=HELD.run)]
    attempts.finish(B)
    assert not attempts.is_done


def test_a_cell_that_another_run_leaves_comes_next() -> None:
    turns = Shared(a=HELD)
    attempts = Attempts([A, B, C], turns=turns)
    assert taken(attempts) == ("b", 1)
    del turns.elsewhere["a"]
    assert taken(attempts) == ("a", 1)


def test_a_cell_that_another_run_has_stored_is_done() -> None:
    events: list[RunEvent] = []
    attempts = Attempts([A], turns=Shared(a=StoredElsewhere()), tell=events.append)
    assert taken(attempts) is None
    assert attempts.is_done
    assert events == [CellStoredElsewhere(cell=A)]


def test_a_second_attempt_is_not_asked_for_and_a_cell_is_left_when_it_is_finished_or_lost() -> None:
    turns = Shared()
    attempts = Attempts([A, B], max_attempts=2, turns=turns)
    assert [taken(attempts), taken(attempts)] == [("a", 1), ("b", 1)]
    attempts.finish(B)
    turns.elsewhere["a"] = HELD
    assert attempts.give_back(A)
    assert taken(attempts) == ("a", 2)
    assert turns.left == ["b"]
    assert not attempts.give_back(A)
    assert turns.left == ["b", "a"]
