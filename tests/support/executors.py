"""What every executor must do; its implementations inherit the class."""

from pathlib import Path

import pytest

from harness.execution.events import CellFinished, CellLost, CellProgressed, CellStarted, RunEvent, WorkerJoined
from harness.execution.executor import Executor
from harness.execution.summary import RunInterrupted, RunSummary
from harness.execution.turns import HeldElsewhere, StoredElsewhere
from harness.plan import Cell
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells

MAX_ATTEMPTS = 2


class OtherRun:
    """Turns beside a run that gives back what it holds as soon as it is waited for."""

    def __init__(self, held: set[str], stored: set[str]) -> None:
        self._held, self._stored = held, stored
        self.left: list[str] = []

    def take(self, cell: Cell) -> HeldElsewhere | StoredElsewhere | None:
        if cell.category in self._held:
            return HeldElsewhere(run="process 11 on bench-1")
        return StoredElsewhere() if cell.category in self._stored else None

    def leave(self, cell: Cell) -> None:
        self.left.append(cell.category)

    def pause(self) -> None:
        assert self._held, "nothing is left to wait for"
        self._held.clear()


class ExecutorContract:
    @pytest.fixture
    def executor(self) -> Executor:
        """One that tries a cell ``MAX_ATTEMPTS`` times, with one worker."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> MarkerStore:
        return MarkerStore(tmp_path)

    def run(self, executor: Executor, store: MarkerStore, *categories: str) -> tuple[RunSummary, list[RunEvent]]:
        events: list[RunEvent] = []
        return executor.run(make_cells(*categories), MarkerWork(store), events.append), events

    def test_a_cell_is_told_of_from_its_start_to_its_end(self, executor: Executor, store: MarkerStore) -> None:
        _, events = self.run(executor, store, "plain")
        assert [type(event) for event in events] == [WorkerJoined, CellStarted, CellProgressed, CellFinished]
        assert {event.worker for event in events if not isinstance(event, CellLost)} == {events[0].worker}  # type: ignore[union-attr]

    def test_cells_start_in_the_given_order_and_leave_one_record_each(
        self, executor: Executor, store: MarkerStore
    ) -> None:
        summary, events = self.run(executor, store, "plain-2", "plain-1", "plain-3")
        started = [event.cell.category for event in events if isinstance(event, CellStarted)]
        assert started == ["plain-2", "plain-1", "plain-3"]
        assert {category: record["status"] for category, record in store.records().items()} == dict.fromkeys(
            started, "ok"
        )
        assert (summary.num_ok, summary.num_failed, summary.num_open) == (3, 0, 0)

    def test_nothing_to_run_is_a_run_of_nothing(self, executor: Executor, store: MarkerStore) -> None:
        summary, _ = self.run(executor, store)
        assert (summary.num_cells, summary.num_open) == (0, 0)

    def test_a_cell_that_raises_is_a_failed_outcome_and_not_tried_again(
        self, executor: Executor, store: MarkerStore
    ) -> None:
        summary, _ = self.run(executor, store, "raises", "plain")
        assert (summary.num_ok, summary.num_failed) == (1, 1)
        assert [outcome.error for outcome in summary.outcomes] == ["DataError: good/003.png is truncated", None]
        assert store.num_tries("raises") == 1

    def test_trouble_of_the_process_is_another_attempt(self, executor: Executor, store: MarkerStore) -> None:
        summary, events = self.run(executor, store, "unwritable", "plain")
        assert [event.attempt for event in events if isinstance(event, CellStarted)] == [1, 1, 2]
        assert (summary.num_ok, summary.num_lost_workers) == (2, 0)

    def test_the_last_attempt_comes_after_all_other_cells(self, executor: Executor, store: MarkerStore) -> None:
        _, events = self.run(executor, store, "unwritable", "plain-1", "plain-2")
        started = [event.cell.category for event in events if isinstance(event, CellStarted)]
        assert started == ["unwritable", "plain-1", "plain-2", "unwritable"]

    def test_a_cell_in_trouble_for_ever_is_lost_with_its_record_and_the_run_goes_on(
        self, executor: Executor, store: MarkerStore
    ) -> None:
        recorded_at_loss: list[object] = []

        def on_event(event: RunEvent) -> None:
            if isinstance(event, CellLost):
                recorded_at_loss.append((event.attempts, store.records()["troubled"]["error"]))

        summary = executor.run(make_cells("troubled", "plain"), MarkerWork(store), on_event)
        assert recorded_at_loss == [(MAX_ATTEMPTS, "OSError: The mount is gone")]
        assert (summary.num_ok, summary.num_failed, len(summary.lost)) == (1, 1, 1)

    def test_a_cell_that_another_run_holds_is_waited_for_and_one_that_it_stored_is_not_run(
        self, executor: Executor, store: MarkerStore
    ) -> None:
        events: list[RunEvent] = []
        turns = OtherRun(held={"plain-1"}, stored={"plain-2"})
        cells = make_cells("plain-1", "plain-2", "plain-3")
        summary = executor.run(cells, MarkerWork(store), events.append, turns)
        started = [event.cell.category for event in events if isinstance(event, CellStarted)]
        assert started == ["plain-3", "plain-1"]
        assert (summary.num_ok, summary.num_elsewhere, summary.num_open) == (2, 1, 0)
        assert turns.left == ["plain-3", "plain-1"]

    @pytest.mark.usefixtures("ctrl_c_interrupts")
    def test_ctrl_c_says_what_is_stored_and_how_to_go_on(self, executor: Executor, store: MarkerStore) -> None:
        with pytest.raises(RunInterrupted, match=r"1 of 3 cells are stored\. The same command goes on") as caught:
            self.run(executor, store, "plain-1", "interrupted", "plain-2")
        assert caught.value.summary.num_open == 2
        assert sorted(store.records()) == ["plain-1"]
