import pytest

from harness.cells.outcome import CellOutcome, CellProgress
from harness.execution.events import (
    CellFinished,
    CellLost,
    CellProgressed,
    CellStarted,
    WorkerId,
    WorkerJoined,
    WorkerLost,
)
from harness.execution.queue import CellQueue, Lease, LeaseRules, NoLease
from harness.plan import Cell
from tests.support.cells import make_cell

RULES = LeaseRules(max_attempts=3, silence_seconds=10)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make_worker(rank: int, life: int = 1) -> WorkerId:
    return WorkerId(rank=rank, host="host", pid=1000 + rank, token=f"{rank}-{life}")


def ok(cell: Cell) -> CellOutcome:
    return CellOutcome(cell_id=cell.id, status="ok", error=None, image_auroc=0.9, seconds=1.0)


A, B, C = make_cell("a"), make_cell("b"), make_cell("c")
FIRST, SECOND = make_worker(0), make_worker(1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def queue_of(*cells: Cell, clock: Clock, joined: tuple[WorkerId, ...] = (FIRST, SECOND), **rules: float) -> CellQueue:
    queue = CellQueue(cells, LeaseRules(**{"max_attempts": 3, "silence_seconds": 10, **rules}), clock)
    for worker in joined:
        queue.join(worker)
    queue.poll()
    return queue


def leased(queue: CellQueue, worker: WorkerId) -> Lease:
    answer = queue.lease(worker)
    assert isinstance(answer, Lease), answer
    return answer


def test_cells_are_handed_out_in_the_given_order(clock: Clock) -> None:
    queue = queue_of(C, A, B, clock=clock)
    assert [leased(queue, FIRST).cell, leased(queue, SECOND).cell, leased(queue, FIRST).cell] == [C, A, B]


def test_a_worker_waits_while_another_still_holds_a_cell(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    lease = leased(queue, FIRST)
    assert queue.lease(SECOND) is NoLease.WAIT
    queue.finish(FIRST, ok(lease.cell))
    assert queue.lease(SECOND) is NoLease.DONE


def test_an_empty_queue_is_done_at_once(clock: Clock) -> None:
    queue = queue_of(clock=clock)
    assert queue.poll().is_done
    assert queue.lease(FIRST) is NoLease.DONE


def test_each_event_is_delivered_once_and_in_order(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    leased(queue, FIRST)
    queue.finish(FIRST, ok(A))
    assert queue.poll().events == (
        CellStarted(cell=A, worker=FIRST, attempt=1),
        CellFinished(cell=A, worker=FIRST, outcome=ok(A)),
    )
    assert queue.poll().events == ()


def test_only_the_newest_progress_of_a_cell_is_delivered(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    leased(queue, FIRST)
    queue.poll()
    newest = CellProgress(stage="fit", done=2, total=9, loss=0.5)
    queue.progress(FIRST, A.id, CellProgress(stage="fit", done=1, total=9))
    queue.progress(FIRST, A.id, newest)
    assert queue.poll().events == (CellProgressed(cell=A, worker=FIRST, progress=newest),)


def test_progress_of_a_finished_cell_is_dropped(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    leased(queue, FIRST)
    queue.finish(FIRST, ok(A))
    queue.poll()
    queue.progress(FIRST, A.id, CellProgress(stage="fit", done=1, total=9))
    assert queue.poll().events == ()


def test_the_cell_of_a_failed_worker_is_tried_again_before_later_cells(clock: Clock) -> None:
    queue = queue_of(A, B, C, clock=clock)
    leased(queue, FIRST)
    leased(queue, SECOND)
    queue.worker_failed(0, "killed")
    retry = leased(queue, SECOND)
    assert (retry.cell, retry.attempt) == (A, 2)
    assert WorkerLost(worker=FIRST, reason="killed", cell=A) in queue.poll().events


def test_the_cells_of_other_workers_stay_leased_when_one_fails(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock)
    leased(queue, FIRST)
    leased(queue, SECOND)
    queue.worker_failed(0, "killed")
    queue.finish(SECOND, ok(B))
    assert leased(queue, SECOND).cell == A
    assert queue.lease(make_worker(2)) is NoLease.WAIT


def test_a_worker_that_joins_again_gives_back_what_its_rank_held(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock)
    leased(queue, FIRST)
    reborn = make_worker(0, life=2)
    queue.join(reborn)
    assert leased(queue, reborn) == Lease(cell=A, attempt=2)
    _, lost, joined, _ = queue.poll().events
    assert lost == WorkerLost(worker=FIRST, reason="its process was replaced", cell=A)
    assert joined == WorkerJoined(worker=reborn)


def test_a_replaced_worker_gets_no_more_cells(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock)
    queue.join(make_worker(0, life=2))
    assert queue.lease(FIRST) is NoLease.DONE


def test_heartbeats_keep_a_long_cell(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    leased(queue, FIRST)
    for _ in range(5):
        clock.now += 9
        queue.heartbeat(FIRST)
        assert queue.lease(SECOND) is NoLease.WAIT


def test_silence_gives_the_cell_to_another_worker(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    leased(queue, FIRST)
    clock.now += 11
    queue.heartbeat(SECOND)
    assert leased(queue, SECOND) == Lease(cell=A, attempt=2)
    assert WorkerLost(worker=FIRST, reason="no sign of life for 10 s", cell=A) in queue.poll().events


def test_a_late_result_counts_and_is_not_asked_for_again(clock: Clock) -> None:
    queue = queue_of(A, clock=clock)
    leased(queue, FIRST)
    clock.now += 11
    queue.poll()
    queue.finish(FIRST, ok(A))
    assert queue.lease(SECOND) is NoLease.DONE
    assert queue.poll().is_done


def test_the_second_result_of_one_cell_is_dropped(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock)
    leased(queue, FIRST)
    clock.now += 11
    leased(queue, SECOND)
    queue.finish(FIRST, ok(A))
    queue.finish(SECOND, ok(A))
    assert sum(isinstance(event, CellFinished) for event in queue.poll().events) == 1


def test_a_silent_worker_that_speaks_again_is_back(clock: Clock) -> None:
    queue = queue_of(A, clock=clock, joined=(FIRST,))
    clock.now += 11
    assert queue.poll().seconds_without_worker == 0  # lost in this very poll
    clock.now += 4
    assert queue.poll().seconds_without_worker == 4
    assert leased(queue, FIRST).cell == A
    assert queue.poll().seconds_without_worker == 0


def test_time_without_a_worker_counts_from_the_start(clock: Clock) -> None:
    queue = queue_of(A, clock=clock, joined=())
    clock.now += 7
    assert queue.poll().seconds_without_worker == 7


def test_a_cell_that_ends_every_worker_is_lost_after_its_attempts(clock: Clock) -> None:
    queue = queue_of(A, clock=clock, max_attempts=2, joined=())
    for life in (1, 2):
        worker = make_worker(0, life)
        queue.join(worker)
        assert leased(queue, worker).attempt == life
        queue.worker_failed(0, "killed")
    news = queue.poll()
    assert news.events[-1] == CellLost(cell=A, attempts=2, reason="worker 0 (host, process 1000): killed")
    assert news.is_done


def test_an_abandoned_cell_is_tried_again_and_its_worker_lives_on(clock: Clock) -> None:
    queue = queue_of(A, clock=clock, max_attempts=2)
    leased(queue, FIRST)
    queue.abandon(FIRST, A.id, "OSError: No space left on device")
    assert leased(queue, FIRST) == Lease(cell=A, attempt=2)
    queue.abandon(FIRST, A.id, "OSError: No space left on device")
    events = queue.poll().events
    assert events[-1] == CellLost(cell=A, attempts=2, reason="OSError: No space left on device")
    assert not any(isinstance(event, WorkerLost) for event in events)


def test_the_last_attempt_runs_alone_and_after_all_others(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock, max_attempts=2)
    leased(queue, FIRST)
    queue.worker_failed(0, "killed")
    assert leased(queue, SECOND).cell == B
    reborn = make_worker(0, life=2)
    queue.join(reborn)
    assert queue.lease(reborn) is NoLease.WAIT
    queue.finish(SECOND, ok(B))
    assert leased(queue, reborn) == Lease(cell=A, attempt=2)


def test_nothing_starts_beside_a_last_attempt(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock, max_attempts=2)
    leased(queue, FIRST)
    leased(queue, SECOND)
    queue.abandon(FIRST, A.id, "no memory")
    queue.abandon(SECOND, B.id, "no memory")
    assert leased(queue, FIRST).cell == A
    assert queue.lease(SECOND) is NoLease.WAIT
    queue.finish(FIRST, ok(A))
    assert leased(queue, SECOND).cell == B


def test_a_single_allowed_attempt_runs_beside_others(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock, max_attempts=1)
    assert {leased(queue, FIRST).cell, leased(queue, SECOND).cell} == {A, B}


def test_failed_starts_are_counted_until_a_worker_joins(clock: Clock) -> None:
    queue = queue_of(A, clock=clock, joined=())
    queue.worker_failed(0, "ImportError: no module named torch")
    queue.worker_failed(0, "ImportError: no module named torch")
    news = queue.poll()
    assert (news.num_failed_starts, news.last_failure) == (2, "ImportError: no module named torch")
    queue.join(FIRST)
    assert queue.poll().num_failed_starts == 0


def test_work_time_runs_from_the_first_lease_to_the_last_result(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock)
    clock.now += 5
    leased(queue, FIRST)
    clock.now += 2
    leased(queue, SECOND)
    queue.finish(FIRST, ok(A))
    clock.now += 1
    queue.finish(SECOND, ok(B))
    clock.now += 50
    assert queue.poll().work_seconds == 3


def test_a_plan_with_the_same_cell_twice_is_refused(clock: Clock) -> None:
    with pytest.raises(AssertionError, match="same cell twice"):
        CellQueue([A, A], RULES, clock)


def test_losing_all_workers_gives_back_every_cell(clock: Clock) -> None:
    queue = queue_of(A, B, clock=clock)
    leased(queue, FIRST)
    leased(queue, SECOND)
    queue.lose_workers("the group ended")
    assert queue.lease(FIRST) is NoLease.DONE
    reborn = make_worker(0, life=2)
    queue.join(reborn)
    assert leased(queue, reborn) == Lease(cell=A, attempt=2)
