import os
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.execution.events import RunEvent, WorkerJoined
from harness.execution.in_process import InProcess
from tests.support.executors import MAX_ATTEMPTS, ExecutorContract
from tests.support.marked_cells import MarkerStore, MarkerWork, make_cells


class TestInProcess(ExecutorContract):
    @pytest.fixture
    def executor(self) -> InProcess:
        return InProcess(max_attempts=MAX_ATTEMPTS)

    def test_the_worker_is_this_process(self, executor: InProcess, store: MarkerStore) -> None:
        _, events = self.run(executor, store, "plain")
        assert isinstance(events[0], WorkerJoined)
        assert events[0].worker.pid == os.getpid()


def test_a_record_that_cannot_be_written_ends_the_run_at_once(tmp_path: Path) -> None:
    class Unwritable(MarkerWork):
        def __call__(self, *arguments: object) -> None:  # type: ignore[override]
            raise StoreError("Cannot write records/0.parquet: No space left on device.")

    events: list[RunEvent] = []
    with pytest.raises(StoreError, match="No space left on device"):
        InProcess().run(make_cells("a", "b"), Unwritable(MarkerStore(tmp_path)), events.append)
    assert len(events) == 2
