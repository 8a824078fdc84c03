"""Two runs never hold one cell, a dead run holds nothing for long, and no claim is left behind."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.store.claims import EXPIRY_SECONDS, Claimant, Claims
from tests.support.memory_folder import MemoryFolder

HERE = Claimant(host="bench-1", pid=11, machine="one", started_at="2025-01-01T00:00:00+00:00")
THERE = replace(HERE, host="bench-2", pid=22, machine="two")


@pytest.fixture
def folder() -> MemoryFolder:
    return MemoryFolder()


class Clock:
    """Goes on by an hour whenever it is asked, so that a look is always due."""

    seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 3600
        return self.seconds


def claims(folder: MemoryFolder, me: Claimant = HERE) -> Claims:
    made = Claims(folder, me, clock=Clock())
    made.begin()
    return made


def test_a_cell_that_one_run_holds_is_refused_to_another_with_its_name(folder: MemoryFolder) -> None:
    one, two = claims(folder), claims(folder, THERE)
    assert one.take("a") is None
    assert str(two.take("a")) == "process 11 on bench-1"
    assert two.take("b") is None


def test_a_run_that_holds_a_cell_may_take_it_again(folder: MemoryFolder) -> None:
    one = claims(folder)
    assert [one.take("a"), one.take("a")] == [None, None]


def test_a_released_cell_is_free_with_the_next_renewal(folder: MemoryFolder) -> None:
    one, two = claims(folder), claims(folder, THERE)
    one.take("a")
    one.release("a")
    one.renew()
    assert two.take("a") is None


def test_a_claim_that_is_not_renewed_expires_and_is_deleted(folder: MemoryFolder) -> None:
    one, two = claims(folder), claims(folder, THERE)
    one.take("a")
    folder.now_seconds += EXPIRY_SECONDS - 1
    two.renew()
    assert two.take("a") is not None
    folder.now_seconds += 2
    two.renew()
    assert two.take("a") is None
    assert len(folder.files) == 1


def test_a_claim_that_is_renewed_does_not_expire(folder: MemoryFolder) -> None:
    one, two = claims(folder), claims(folder, THERE)
    one.take("a")
    for _ in range(3):
        folder.now_seconds += EXPIRY_SECONDS - 1
        one.renew()
        two.renew()
        assert two.take("a") is not None


def test_a_run_that_was_stopped_and_goes_on_is_heard_again(folder: MemoryFolder) -> None:
    one, two = claims(folder), claims(folder, THERE)
    one.take("a")
    folder.now_seconds += EXPIRY_SECONDS + 1
    two.renew()
    assert two.take("b") is None  # and the file of the first is gone
    one.renew()
    assert two.take("a") is not None


def test_a_run_of_this_machine_that_has_ended_holds_nothing_at_once(folder: MemoryFolder) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    here = Claims(folder)._me
    dead = replace(here, pid=int(ended.stdout), cells=("a",))
    folder.put("claims/dead.json", json.dumps(asdict(dead)).encode())
    folder.put("claims/alive.json", json.dumps(asdict(replace(dead, pid=os.getpid(), cells=("b",)))).encode())
    one = Claims(folder)
    assert [other.pid for other in one.begin()] == [os.getpid()]
    assert one.take("a") is None
    assert one.take("b") is not None


def test_a_process_of_another_machine_is_not_looked_up_here(folder: MemoryFolder) -> None:
    # No process of this number runs here; whether it runs there, only its renewals tell.
    assert not replace(THERE, pid=2**22 + 1).has_ended


def test_a_file_that_is_no_claim_holds_nothing(folder: MemoryFolder) -> None:
    for number, content in enumerate((b"", b"{", b"[]", b'{"cells": ["a"]}', b'"a"')):
        folder.put(f"claims/{number}.json", content)
    assert claims(folder).take("a") is None


def test_a_claim_leaves_no_file_and_can_end_twice(folder: MemoryFolder) -> None:
    one = claims(folder)
    one.take("a")
    one.end()
    one.end()
    one.renew()
    assert folder.files == {}


def test_what_another_holds_is_not_looked_for_again_at_once(folder: MemoryFolder) -> None:
    one, two = claims(folder), Claims(folder, THERE, clock=lambda: 0.0)
    two.begin()
    one.take("a")
    two.take("a")
    seen: list[str] = []
    folder.before = seen.append
    assert two.take("a") is not None
    assert seen == []


@settings(max_examples=150, deadline=None)
@given(schedule=st.lists(st.integers(0, 2), max_size=40))
@example(schedule=[0, 0, 1, 1, 1, 2, 2, 1, 2, 2, 2])
def test_runs_that_ask_at_once_never_both_hold_a_cell(schedule: list[int]) -> None:
    """Every operation on the folder waits for its turn, so any order of operations can be tried."""
    folder = MemoryFolder()
    runs = [claims(folder, replace(HERE, pid=pid)) for pid in range(3)]
    turns = [threading.Semaphore(0) for _ in runs]
    stopped = [threading.Semaphore(0) for _ in runs]
    numbers: dict[int, int] = {}
    holds = [False] * 3

    def wait(operation: str) -> None:
        number = numbers[threading.get_ident()]
        stopped[number].release()
        turns[number].acquire()

    def ask(number: int) -> None:
        numbers[threading.get_ident()] = number
        wait("begin")
        holds[number] = runs[number].take("cell") is None
        ended.add(number)
        stopped[number].release()

    ended: set[int] = set()
    folder.before = wait
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for number, thread in enumerate(threads):
        thread.start()
        stopped[number].acquire()
    # What the schedule does not say, runs in order.
    for number in [*schedule, *[0] * 20, *[1] * 20, *[2] * 20]:
        if number not in ended:
            turns[number].release()
            stopped[number].acquire()
    for thread in threads:
        thread.join()
    assert sum(holds) <= 1
    folder.before = lambda operation: None
    # Whatever happened, somebody can have it: one who gave it back shows that at once.
    if not any(holds):
        assert runs[0].take("cell") is None
